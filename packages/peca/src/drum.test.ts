import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Adapter, type Condition, DrUM, MIXES, type Profile, type ReadyReferences } from "@drum/peca";
import { ArgumentError, CheckpointError } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3, skips: [-1, -2] as const };
const { drum, pipeline, adapters } = await madeUpDrum(folder, MIXES.sdxl, { L, bigG: { ...L, width: 16 } });
afterAll(() => drum.release());

const users = await Promise.all(
	Array.from({ length: 10 }, (_, user) =>
		drum.profile([{ prompt: `${user} likes cats`, intensity: user + 1 }, { prompt: `${user} likes dogs` }], {
			ratio: 1,
		}),
	),
);
const conditionOf = (profile: Profile) => drum.condition("a lighthouse", { profile, alpha: 0.5 });

/** What adapters prepare and release, seen through `Adapter.ready`'s results. */
const kept = new Set<ReadyReferences>();
let made = 0;
beforeEach(() => {
	made = 0;
	const { ready } = Adapter.prototype;
	vi.spyOn(Adapter.prototype, "ready").mockImplementation(async function (this: Adapter, ...input) {
		const references = await ready.apply(this, input);
		made++;
		kept.add(references);
		const release = references.release;
		return Object.assign(references, {
			release: () => {
				kept.delete(references);
				return release();
			},
		});
	});
});
afterEach(async () => {
	vi.restoreAllMocks();
});

/** The mix reads three inputs: two encoders' skip −2, and bigG's −1. */
const INPUTS = 3;

describe("profiles are kept ready", () => {
	test("for four users, and prepared again for a user who was dropped", async () => {
		await drum.release();
		const first = await conditionOf(users[0]!);
		for (const user of users.slice(1, 4)) await conditionOf(user);
		expect(await conditionOf(users[0]!)).toEqual(first);
		expect([made, kept.size]).toEqual([4 * INPUTS, 4 * INPUTS]);
		// The first was used most recently, so the second is released.
		await conditionOf(users[4]!);
		await vi.waitFor(() => expect(kept.size).toBe(4 * INPUTS));
		expect(await conditionOf(users[0]!)).toEqual(first);
		expect(made).toBe(5 * INPUTS);
		await conditionOf(users[1]!);
		expect(made).toBe(6 * INPUTS);
		await drum.release();
		expect(kept.size).toBe(0);
	});

	test("while calls use them: many users at once get the same as one after another", async () => {
		const alone: Condition[] = [];
		for (const user of users) alone.push(await conditionOf(user));
		await drum.release();
		const twice = [...users, ...users.toReversed()];
		const together = await Promise.all(twice.map(conditionOf));
		expect(together).toEqual([...alone, ...alone.toReversed()]);
		await vi.waitFor(() => expect(kept.size).toBe(4 * INPUTS));
		await drum.release();
		expect(kept.size).toBe(0);
	});

	test("until running calls have ended when DrUM is released, which then works again", async () => {
		const before = await conditionOf(users[0]!);
		const running = Promise.all(users.slice(0, 6).map(conditionOf));
		await drum.release();
		expect((await running)[0]).toEqual(before);
		expect(await conditionOf(users[0]!)).toEqual(before);
	});

	test("for other calls when one that waits for the same profile is cancelled", async () => {
		await drum.release();
		const cancelled = new AbortController();
		const calls = [cancelled.signal, undefined].map((signal) =>
			drum.condition("a lighthouse", { profile: users[0]!, signal }),
		);
		cancelled.abort("enough");
		const [first, second] = await Promise.allSettled(calls);
		expect(first).toEqual({ status: "rejected", reason: "enough" });
		expect(second!.status).toBe("fulfilled");
	});

	test("after a first try has failed", async () => {
		await drum.release();
		vi.mocked(Adapter.prototype.ready).mockRejectedValueOnce(new Error("no memory"));
		await expect(conditionOf(users[0]!)).rejects.toThrow("no memory");
		expect((await conditionOf(users[0]!)).promptEmbeds.dims).toEqual([1, 3, 24]);
	});
});

describe("a condition", () => {
	test("without a profile, or with an empty one, is the encoders' own output", async () => {
		const { hidden } = await pipeline.encoders.L!.encode(["a lighthouse", "a ship"]);
		const plain = await drum.condition(["a lighthouse", "a ship"]);
		const { dims, data } = plain.promptEmbeds;
		expect(dims).toEqual([2, 3, 24]);
		expect([...data.subarray(0, 8)]).toEqual([...hidden[-2]!.data.subarray(0, 8)]);
		const profile = await drum.profile([]);
		expect(await drum.condition(["a lighthouse", "a ship"], { profile })).toEqual(plain);
		expect(made).toBe(0);
	});

	test("of several prompts is the same as of each alone", async () => {
		const both = await drum.condition(["a lighthouse", "a ship"], { profile: users[0]! });
		expect(both.pooledPromptEmbeds!.dims).toEqual([2, 16]);
		for (const [i, prompt] of ["a lighthouse", "a ship"].entries()) {
			const { promptEmbeds } = await drum.condition(prompt, { profile: users[0]! });
			for (const [at, value] of promptEmbeds.data.entries())
				expect(Math.abs(both.promptEmbeds.data[i * promptEmbeds.data.length + at]! - value)).toBeLessThan(1e-5);
		}
	});

	test("has its prompts and its references", async () => {
		expect(await drum.condition("a lighthouse", { profile: users[2]!, alpha: 0.25 })).toMatchObject({
			prompts: ["a lighthouse"],
			parameters: { alpha: 0.25, references: users[2]!.references },
		});
	});

	test.each([-0.01, 1.01, Number.NaN, "0.5", null])("is refused for α %s", async (alpha) => {
		for (const call of [
			() => drum.condition("a lighthouse", { alpha: alpha as number }),
			() => drum.generate("a lighthouse", { profile: users[0]!, alpha: alpha as number }),
		]) {
			const error = await failureOf(call);
			expect(error).toBeInstanceOf(ArgumentError);
			expect([error.what, error.expected]).toEqual(["alpha", "a number from 0 to 1"]);
		}
	});

	test.each([[undefined], [null], [5], [[]], [["a", 5]]])("is refused for prompt %j", async (prompt: unknown) => {
		for (const call of [() => drum.condition(prompt as string), () => drum.generate(prompt as string)])
			expect((await failureOf(call)).what).toBe("prompt");
	});
});

describe("generate", () => {
	test("checks the pipeline's options first, then passes it the condition and only its own options", async () => {
		pipeline.calls.length = 0;
		const signal = new AbortController().signal;
		const condition = await drum.generate("a lighthouse", { profile: users[1]!, alpha: 0.5, steps: 3, signal });
		expect(condition).toEqual(await conditionOf(users[1]!));
		expect(pipeline.calls).toEqual([
			["checkOptions", { steps: 3, signal }],
			["generate", { steps: 3, signal }],
		]);
	});

	test("throws a cancelled signal's reason before anything is encoded", async () => {
		const { encoded } = pipeline.encoders.L!;
		encoded.length = 0;
		const signal = AbortSignal.abort("before");
		await expect(drum.generate("a lighthouse", { profile: users[1]!, signal })).rejects.toBe("before");
		expect(encoded).toEqual([]);
	});
});

describe("attach", () => {
	test("names the missing adapter and the paths that were tried", async () => {
		const empty = join(folder, "empty");
		await mkdir(empty, { recursive: true });
		const error = await failureOf(() => DrUM.attach(pipeline, { adapters: empty }));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error.message).toContain(empty);
		expect(error.expected).toBe("weight/L.safetensors or L.safetensors");
		expect(error.next).toContain("made-up pipeline");
	});

	test("refuses a missing folder, a file, a damaged adapter and one of another encoder", async () => {
		expect(await failureOf(() => DrUM.attach(pipeline, { adapters: join(folder, "none") }))).toBeInstanceOf(
			ArgumentError,
		);
		expect(await failureOf(() => DrUM.attach(pipeline, { adapters: join(adapters, "L.safetensors") }))).toBeInstanceOf(
			ArgumentError,
		);
		const broken = join(folder, "broken", "weight");
		await mkdir(broken, { recursive: true });
		await writeFile(join(broken, "L.safetensors"), "version https://git-lfs.github.com/spec/v1\n");
		expect(await failureOf(() => DrUM.attach(pipeline, { adapters: join(folder, "broken") }))).toBeInstanceOf(
			CheckpointError,
		);
		const swapped = await madeUpDrum(
			folder,
			MIXES.sdxl,
			{ L: { ...L, width: 16 }, bigG: { ...L, width: 8 } },
			"-swapped",
		);
		const error = await failureOf(() => DrUM.attach(pipeline, { adapters: swapped.adapters }));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error.next).toContain("the adapter of L");
	});
});
