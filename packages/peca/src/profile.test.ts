import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MIXES, Profile, type ProfileParts } from "@drum/peca";
import {
	ArgumentError,
	CheckpointError,
	FileError,
	float32,
	parseSafetensors,
	serializeSafetensors,
} from "@drum/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { failureOf } from "./testing/failure.ts";
import { temporaryFolder } from "./testing/made-up.ts";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const SIZES = { width: 8, heads: 2, tokens: 3 };
const { drum } = await madeUpDrum(folder, MIXES.sd1, { L: SIZES });

/** Any text at all, lone halves of surrogate pairs among it. */
const text = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), minLength: 1 });
const floats = (length: number) => fc.float32Array({ minLength: length, maxLength: length, noNaN: true });

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

test("a profile comes back from its bytes and from its file as it was", async () => {
	const path = join(folder, "profile.safetensors");
	await fc.assert(
		fc.asyncProperty(parts, async (made) => {
			const profile = new Profile(made);
			expect(Profile.fromBytes(profile.toBytes())).toEqual(profile);
			await profile.save(path);
			expect(await Profile.load(path)).toEqual(profile);
			expect(new Uint8Array(await readFile(path))).toEqual(profile.toBytes());
		}),
		{ numRuns: 50 },
	);
});

describe("what is no profile is refused", async () => {
	const profile = await drum.profile([{ prompt: "a cat", intensity: 5 }, { prompt: "a dog" }, { prompt: "a bird" }], {
		size: 2,
	});
	const { tensors, metadata } = parseSafetensors(profile.toBytes(), "profile");
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
		["an encoder nobody knows", { fingerprints: { nobody: "x" } }],
		["no seed", { sampling: {} }],
	])("%s", async (_, change) => {
		await refused(withMetadata(change));
	});

	test("metadata that are no JSON", async () => {
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

test("a profile file that is not there, or a place that cannot be written, is a FileError", async () => {
	expect(await failureOf(() => Profile.load(join(folder, "none")))).toBeInstanceOf(FileError);
	const profile = await drum.profile([{ prompt: "a cat" }]);
	expect(await failureOf(() => profile.save(join(folder, "no", "folder", "p")))).toBeInstanceOf(FileError);
});

test("a profile is refused by another encoder, which is named", async () => {
	const path = join(folder, "first.safetensors");
	const profile = await drum.profile([{ prompt: "a cat" }]);
	await profile.save(path);
	expect(await drum.loadProfile(path)).toEqual(profile);
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
