import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MIXES, Profile, type ProfileParts } from "@drum/peca";
import {
	ArgumentError,
	CheckpointError,
	FileError,
	float16ToFloat32,
	float32,
	float32ToFloat16,
	parseSafetensors,
	serializeSafetensors,
	type Tensor,
	toFloat32,
} from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const SIZES = { width: 8, heads: 2, tokens: 3 };
const { drum } = await madeUpDrum(folder, MIXES.sd1, { L: SIZES });

/** Any text at all, lone halves of surrogate pairs among it. */
const text = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), minLength: 1 });
/** As hidden states are, and up to the largest. */
const floats = (length: number) => {
	const numbers = { minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true };
	return fc.oneof(fc.float32Array({ ...numbers, min: -500, max: 500 }), fc.float32Array(numbers));
};

const parts: fc.Arbitrary<ProfileParts> = fc
	.array(fc.record({ prompt: text, intensity: fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }) }), {
		maxLength: 6,
	})
	.chain((history) =>
		fc.shuffledSubarray([...history.keys()], { minLength: Math.min(1, history.length) }).chain((coreset) =>
			fc.record({
				history: fc.constant(history),
				coreset: fc.constant(coreset),
				features: floats(history.length * 4).map((data) => float32(data, [history.length, 4])),
				states: floats(coreset.length * 6).map((data) => [
					{ encoder: "L" as const, skip: -1 as const, hidden: float32(data, [coreset.length, 3, 2]) },
					{ encoder: "bigG" as const, skip: -2 as const, hidden: float32(data.slice(), [coreset.length, 2, 3]) },
				]),
				fingerprints: fc.record({ L: text, bigG: text }),
				sampling: fc.record({ ratio: fc.constant(0.5), seed: fc.nat() }),
			}),
		),
	);

test("a profile in float32 is read from its bytes and its file as it was written", async () => {
	const path = join(folder, "profile.safetensors");
	const whole = { dtype: "float32" } as const;
	await fc.assert(
		fc.asyncProperty(parts, async (made) => {
			const profile = new Profile(made);
			expect(Profile.fromBytes(profile.toBytes(whole))).toEqual(profile);
			await profile.save(path, whole);
			expect(await Profile.load(path)).toEqual(profile);
			expect(new Uint8Array(await readFile(path))).toEqual(profile.toBytes(whole));
		}),
		{ numRuns: 50 },
	);
});

test("a profile is stored in float16 by default: states are rounded, and all else is as it was", async () => {
	await fc.assert(
		fc.property(parts, (made) => {
			const { states, ...rest } = Profile.fromBytes(new Profile(made).toBytes());
			const { states: own, ...same } = new Profile(made);
			expect(rest).toEqual(same);
			for (const [i, { hidden }] of states.entries()) {
				const { data } = own[i]!.hidden;
				const fits = data.every((value) => Math.abs(value) < 65520);
				const expected = fits ? float16ToFloat32(float32ToFloat16(data)) : data;
				expect({ ...hidden, data: [...hidden.data] }).toEqual({ ...own[i]!.hidden, data: [...expected] });
			}
			const again = Profile.fromBytes(new Profile(made).toBytes());
			expect(again.toBytes()).toEqual(new Profile(made).toBytes());
		}),
		{ numRuns: 50 },
	);
});

test("a profile in float16 takes half the bytes, and one in float32 can be read by readers of version 1", async () => {
	const { drum: large } = await madeUpDrum(folder, MIXES.sd1, { L: { width: 64, heads: 2, tokens: 77 } }, "-large");
	const profile = await large.profile(Array.from({ length: 8 }, (_, i) => ({ prompt: `prompt ${i}` })));
	const [half, whole] = [profile.toBytes(), profile.toBytes({ dtype: "float32" })];
	expect(half.length / whole.length).toBeLessThan(0.53);
	const versions = [half, whole].map((bytes) => parseSafetensors(bytes, "profile").metadata.drum_profile);
	expect(versions).toEqual(["2", "1"]);
	const condition = (each: Profile) => large.condition("a lighthouse", { profile: each, alpha: 1 });
	const [a, b] = [await condition(profile), await condition(await large.loadProfile(half))];
	const differences = Array.from(a.promptEmbeds.data, (value, i) => Math.abs(value - b.promptEmbeds.data[i]!));
	expect(Math.max(...differences)).toBeLessThan(2e-3);
	for (const options of [{ dtype: "int8" }, { type: "float32" }, "float32"] as never[]) {
		expect(await failureOf(() => profile.toBytes(options))).toBeInstanceOf(ArgumentError);
		expect(await failureOf(() => profile.save(join(folder, "x"), options))).toBeInstanceOf(ArgumentError);
	}
});

describe("bytes that are not a profile are refused", async () => {
	const profile = await drum.profile([{ prompt: "a cat", intensity: 5 }, { prompt: "a dog" }, { prompt: "a bird" }], {
		size: 2,
	});
	const { tensors, metadata } = parseSafetensors(profile.toBytes({ dtype: "float32" }), "profile");
	const metadataOf = (dtype: "float16" | "float32") => parseSafetensors(profile.toBytes({ dtype }), "profile").metadata;
	const refused = async (bytes: Uint8Array) => {
		const error = await failureOf(() => Profile.fromBytes(bytes));
		expect(error).toBeInstanceOf(CheckpointError);
		const path = join(folder, "broken.safetensors");
		await writeFile(path, bytes);
		const loading = await failureOf(() => Profile.load(path));
		expect(loading).toBeInstanceOf(CheckpointError);
		expect(loading.message).toContain(path);
		return error;
	};
	const withMetadata = (change: Record<string, unknown>) => {
		const texts = Object.entries(change).map(([key, value]) => [key, JSON.stringify(value)]);
		return serializeSafetensors(tensors, { ...metadata, ...Object.fromEntries(texts) });
	};

	test("cut off anywhere", async () => {
		const bytes = profile.toBytes();
		for (const length of [0, 4, 8, 100, bytes.length - 1]) await refused(bytes.slice(0, length));
	});

	test("another kind of safetensors file", async () => {
		expect((await refused(serializeSafetensors(tensors))).found).toBe("another kind of file");
	});

	test("of another version", async () => {
		expect((await refused(serializeSafetensors(tensors, { ...metadata, drum_profile: "9" }))).found).toBe("version 9");
	});

	test("a coreset row outside the history", async () => {
		expect((await refused(withMetadata({ coreset: [0, 3] }))).found).toBe("row 3");
	});

	test.each([
		["a coreset of no integers", { coreset: [0, 1.5] }],
		["a negative row", { coreset: [0, -1] }],
		["a history of numbers", { history: [1, 2, 3] }],
		["a negative intensity", { history: [1, 1, -1].map((intensity) => ({ prompt: "a", intensity })) }],
		["a coreset that weighs nothing", { history: [0, 0, 0].map((intensity) => ({ prompt: "a", intensity })) }],
		["fewer history rows than features", { history: [{ prompt: "a", intensity: 1 }], coreset: [0, 0] }],
		["another coreset than its states", { coreset: [0] }],
		["a row twice", { coreset: [1, 1] }],
		["an invalid share", { sampling: { ratio: 2, seed: 1 } }],
		["an invalid size", { sampling: { size: 0, seed: 1 } }],
		["an invalid seed", { sampling: { seed: -1 } }],
		["an encoder nobody knows", { fingerprints: { nobody: "x" } }],
		["no seed", { sampling: {} }],
	])("%s", async (_, change) => {
		await refused(withMetadata(change));
	});

	test("an infinite intensity", async () => {
		const history = metadata.history!.replace(/"intensity":5/, '"intensity":1e999');
		await refused(serializeSafetensors(tensors, { ...metadata, history }));
	});

	test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("a value that is %s", async (value) => {
		for (const dtype of ["float32", "float16"] as const) {
			const own = parseSafetensors(profile.toBytes({ dtype }), "profile").tensors;
			for (const [name, tensor] of own) {
				const data = toFloat32(tensor).slice();
				data[data.length - 1] = value;
				const spoiled = tensor.type === "float16" ? { ...tensor, data: float32ToFloat16(data) } : { ...tensor, data };
				const bytes = serializeSafetensors(new Map([...own, [name, spoiled as Tensor]]), metadataOf(dtype));
				expect((await refused(bytes)).expected).toBe(`finite numbers in ${name}`);
			}
		}
	});

	test("metadata that are not JSON", async () => {
		await refused(serializeSafetensors(tensors, { ...metadata, history: "{" }));
	});

	test("features or states of another shape or type", async () => {
		const replaced = (name: string, dims: number[], type: "float32" | "int32" = "float32") => {
			const length = dims.reduce((size, dim) => size * dim, 1);
			const tensor =
				type === "float32" ? float32(new Float32Array(length), dims) : { type, dims, data: new Int32Array(length) };
			return refused(serializeSafetensors(new Map([...tensors, [name, tensor]]), metadata));
		};
		await replaced("features", [2, 8]);
		await replaced("features", [3]);
		await replaced("features", [3, 8], "int32");
		await replaced("L.hidden-1", [3, 3, 8]);
		await replaced("L.hidden-1", [2, 24]);
		await replaced("L.hidden-1", [2, 3, 8], "int32");
	});
});

test("a missing profile file, or a path that cannot be written, is a FileError", async () => {
	expect(await failureOf(() => Profile.load(join(folder, "none")))).toBeInstanceOf(FileError);
	const profile = await drum.profile([{ prompt: "a cat" }]);
	await writeFile(join(folder, "file"), "");
	expect(await failureOf(() => profile.save(join(folder, "file", "p")))).toBeInstanceOf(FileError);
	const deep = join(folder, "users", "ann", "p.safetensors");
	await profile.save(deep);
	expect(new Uint8Array(await readFile(deep))).toEqual(profile.toBytes());
	// It holds what its user asked for; Windows has no modes.
	if (process.platform !== "win32") expect((await stat(deep)).mode & 0o777).toBe(0o600);
});

test("a profile is refused by another encoder, which is named", async () => {
	const path = join(folder, "first.safetensors");
	const profile = await drum.profile([{ prompt: "a cat" }]);
	await profile.save(path, { dtype: "float32" });
	expect(await drum.loadProfile(path)).toEqual(profile);
	expect(await drum.loadProfile(await readFile(path))).toEqual(profile);
	const { drum: other } = await madeUpDrum(folder, MIXES.sd1, { L: SIZES }, "-other");
	const { drum: another } = await madeUpDrum(folder, MIXES.sd2, { H: SIZES });
	for (const call of [
		() => other.loadProfile(path),
		() => other.condition("a lighthouse", { profile }),
		() => other.generate("a lighthouse", { profile }),
		() => other.extend(profile, [{ prompt: "a dog" }]),
	]) {
		const error = await failureOf(call);
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.message).toContain("L-other");
		expect(error.next).toContain("history");
	}
	expect((await failureOf(() => another.loadProfile(path))).found).toBe("one without encoder H");
});

describe("a value instead of a profile", async () => {
	const profile = await drum.profile([{ prompt: "a cat" }]);
	const calls: [string, (given: never) => Promise<unknown>][] = [
		["condition", (given) => drum.condition("a lighthouse", { profile: given })],
		["generate", (given) => drum.generate("a lighthouse", { profile: given })],
		["extend", (given) => drum.extend(given, [{ prompt: "a dog" }])],
	];

	test.each<[unknown, string, string]>([
		[drum.profile([{ prompt: "a cat" }]), "a Promise", "Await it"],
		["user.safetensors", '"user.safetensors"', "drum.loadProfile"],
		[new URL("file:///user.safetensors"), "file:///user.safetensors", "drum.loadProfile"],
		[profile.toBytes(), "a Uint8Array of", "drum.loadProfile"],
		[[{ prompt: "a cat" }], "[{", "drum.profile(history)"],
		[{ ...profile }, "a copy of a profile's fields", "toBytes()"],
		[structuredClone({ ...profile }), "a copy of a profile's fields", "toBytes()"],
		[null, "null", "drum.profile(history)"],
		[{ prompt: "a cat" }, '"prompt"', "drum.profile(history)"],
		[true, "true", "drum.profile(history)"],
	])("%o is refused, and told what to do", async (given, found, next) => {
		for (const [, call] of calls) {
			const error = await failureOf(() => call(given as never));
			expect(error).toBeInstanceOf(ArgumentError);
			expect([error.what, error.expected]).toEqual(["profile", "a Profile"]);
			expect(error.found).toContain(found);
			expect(error.next).toContain(next);
		}
	});

	test("a profile of another copy of the package can be used", async () => {
		vi.resetModules();
		const { Profile: Another } = await import("@drum/peca");
		const theirs = Another.fromBytes(profile.toBytes({ dtype: "float32" }));
		expect(theirs).not.toBeInstanceOf(Profile);
		expect(Profile.is(theirs)).toBe(true);
		const options = { alpha: 1 };
		const condition = await drum.condition("a lighthouse", { profile: theirs as Profile, ...options });
		expect(condition).toEqual(await drum.condition("a lighthouse", { profile, ...options }));
		expect((await drum.extend(theirs as Profile, [{ prompt: "a dog" }])).history.length).toBe(2);
	});

	test("states of another shape than the encoder's are refused", async () => {
		const states = profile.states.map((each) => ({ ...each, hidden: float32(new Float32Array(6), [1, 2, 3]) }));
		for (const [, call] of calls) {
			const error = await failureOf(() => call(new Profile({ ...profile, states }) as never));
			expect(error.message).toContain("[references, 3, 8], found [1, 2, 3]");
		}
	});

	test("values that are neither a path nor bytes are refused", async () => {
		for (const source of [undefined, 5, {}, [1, 2]] as never[])
			expect(await failureOf(() => drum.loadProfile(source))).toBeInstanceOf(ArgumentError);
		expect((await failureOf(() => Profile.fromBytes("a/b" as never))).next).toContain("Profile.load");
	});
});
