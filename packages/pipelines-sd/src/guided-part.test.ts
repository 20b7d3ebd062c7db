import { fileURLToPath } from "node:url";
import { StableDiffusion, type Step } from "@drum/pipelines-sd";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { expectClose } from "@drum/test-weights";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Oracle: StableDiffusionPipeline's loop with diffusers 0.42.1's ClassifierFreeGuidance, by tooling/golden/guided_part.py.

const fixtures = fileURLToPath(new URL("../../../test/golden/fixtures/", import.meta.url));
const numbers = await Checkpoint.open(`${fixtures}guided-part.safetensors`);
const SMALL = { height: 32, width: 32, numInferenceSteps: 5, seed: 7, negativePrompt: "blurry" } as const;

let sd: StableDiffusion;
beforeAll(async () => {
	sd = await StableDiffusion.fromPretrained(`${fixtures}sd1`);
});
afterAll(() => sd.release());

describe("guidance in a part of the steps", () => {
	test.each([
		[0, 0.5],
		[0.25, 1],
		[0.3, 0.7],
		[0, 0],
		[0, 1],
	])("from %d to %d draws as diffusers does", async (guidanceStart, guidanceEnd) => {
		let latents = new Float32Array();
		const onStep = (step: Step) => {
			latents = Float32Array.from(step.latents);
		};
		const { images, warnings } = await sd.generate("a lighthouse", { ...SMALL, guidanceStart, guidanceEnd, onStep });
		const expected = (await numbers.read(`${guidanceStart}-${guidanceEnd}.latents`)) as Tensor<"float32">;
		expectClose(float32(latents, [1, 4, 4, 4]), expected);
		expect(warnings).toEqual([]);
		const { guidanceStart: start = 0, guidanceEnd: end = 1 } = images[0]!.parameters;
		expect([start, end]).toEqual([guidanceStart, guidanceEnd]);
	});

	test("is refused if it would end before it starts, or is not from 0 to 1", async () => {
		const wrong = { guidanceStart: 0.6, guidanceEnd: 0.5 };
		await expect(sd.generate("a lighthouse", wrong)).rejects.toMatchObject({ what: "guidanceEnd", found: "0.5" });
		await expect(sd.generate("a lighthouse", { guidanceEnd: 1.5 })).rejects.toMatchObject({ what: "guidanceEnd" });
	});

	test("has no effect without guidance, and a warning says so", async () => {
		const { warnings } = await sd.generate("a lighthouse", {
			...SMALL,
			negativePrompt: "",
			guidanceScale: 1,
			guidanceEnd: 0.5,
		});
		expect(warnings.map(({ what }) => what)).toEqual(["guidanceEnd"]);
	});
});
