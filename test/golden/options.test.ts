import { DrUM } from "@drum/pipeline";
import type { Tensor } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { type AnyCase, anyOptions, expectRun, openKinds } from "./run-cases.ts";

// Oracle: diffusers' pipelines with options that only some of them take, by tooling/golden/pipeline_options.py.

type Kind = "sd1" | "sd2" | "sdxl" | "sd3" | "flux";

const KINDS: readonly Kind[] = ["sd1", "sd2", "sdxl", "sd3", "flux"];
const pipelines = await openKinds(KINDS);
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

describe.each(["pipeline-options", "pipeline-clip-skip"])("%s", (name) => {
	const { cases, tensors } = readRuns<AnyCase<Kind>>(name);

	test.each(cases)("$key: latents within 1e-4, each pixel within 1/255", async (settings) => {
		const { key, prompt, checkpoint } = settings;
		const options = anyOptions(settings);
		await expectRun(key, tensors, (following) => pipelines[checkpoint].generate(prompt, { ...options, ...following }));
	});
});

describe("with a profile", () => {
	const SMALL = { height: 32, width: 32, numInferenceSteps: 1, seed: 1 };

	test.each(["sdxl", "sd3", "flux"] as const)(
		"%s: each encoder's adapter personalises what the encoder reads",
		async (kind) => {
			await using drum = await DrUM.attach(pipelines[kind], { adapters: fixture("adapters") });
			const profile = await drum.profile([{ prompt: "a red cat" }]);
			const others = { prompt2: "a boat", ...(kind === "sd3" && { prompt3: "a ship" }) };
			const same = { prompt2: "a house", ...(kind === "sd3" && { prompt3: "a house" }) };
			const [apart, alike, one] = await Promise.all(
				[others, same, {}].map((texts) => drum.condition("a house", { profile, ...texts })),
			);
			expect(alike!.promptEmbeds.data).toEqual(one!.promptEmbeds.data);
			expect(apart!.promptEmbeds.data).not.toEqual(one!.promptEmbeds.data);
			const pooled = kind === "flux" ? expect(apart!.pooledPromptEmbeds) : expect(apart!.pooledPromptEmbeds).not;
			pooled.toEqual(one!.pooledPromptEmbeds);
			const drawn = await drum.generate("a house", { ...SMALL, profile, ...others });
			expect(drawn.images[0]!.data).toEqual((await pipelines[kind].generate(apart!, SMALL)).images[0]!.data);
			expect(drawn.images[0]!.parameters).toMatchObject(others);
		},
	);

	test("FLUX has the adapter's 256 rows, without one its own 512", async () => {
		await using drum = await DrUM.attach(pipelines.flux, { adapters: fixture("adapters") });
		const rowsOf = async (condition: Promise<{ promptEmbeds: Tensor }>) => (await condition).promptEmbeds.dims[1];
		const profile = await drum.profile([{ prompt: "a red cat" }]);
		expect(await rowsOf(drum.condition("a house", { profile }))).toBe(256);
		expect(await rowsOf(drum.condition("a house"))).toBe(256);
		expect(await rowsOf(pipelines.flux.encodePrompt("a house"))).toBe(512);
		expect(await rowsOf(pipelines.flux.encodePrompt("a house", { maxSequenceLength: 64 }))).toBe(64);
		for (const [options, message] of [
			[{ clipSkip: 1 }, /^clipSkip: expected none/],
			[{ maxSequenceLength: 512 }, /^maxSequenceLength: expected 256 for drum\.generate/],
			[{ prompt3: "a ship" }, /^prompt3: expected none for FLUX/],
		] as const) {
			await expect(drum.generate("a house", { ...SMALL, profile, ...options })).rejects.toThrow(message);
		}
	});
});
