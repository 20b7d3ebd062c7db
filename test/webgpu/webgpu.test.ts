import { checkDevice } from "@drum/graph";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { adapters, model } from "@drum/tiny";
import { beforeAll, expect, test, vi } from "vitest";
import { type FamilyCase, openFamily, optionsOf } from "../golden/family-cases.ts";
import { expectNumbers, expectPictures, readRuns } from "../golden/pictures.ts";
import { startSoftwareGpu } from "./software-gpu.ts";

// On a GPU in software, whose fused attention is wrong. All runs on it: `pnpm webgpu`, see docs/devices.md.

// In software each shader is compiled for a second; beside other tests that takes its time.
vi.setConfig({ testTimeout: 600_000 });

beforeAll(startSoftwareGpu);

test("a trial finds each operator right, in its own form or in another, and says which", async () => {
	const { operators } = await checkDevice("webgpu");
	expect(operators.map(({ operator }) => operator)).toEqual(expect.arrayContaining(["MultiHeadAttention", "Conv"]));
	for (const { difference, precision } of operators)
		expect(difference).toBeLessThan(precision === "float32" ? 1e-4 : 5e-2);
});

test("FLUX with T5 draws diffusers' picture within 1/255", async () => {
	const { cases, tensors } = readRuns<FamilyCase>("pipeline-flux");
	const key = "flux-schnell.1-step";
	const settings = cases.find((each) => each.key === key)!;
	await using pipeline = await openFamily(settings, "webgpu");
	let latents = new Float32Array();
	const { images } = await pipeline.generate(settings.prompt, {
		...optionsOf(settings),
		onStep: (step) => {
			latents = step.latents.slice();
		},
	});
	expectPictures(images, tensors.get(`${key}.images`) as Tensor<"uint8">);
	expectNumbers(latents, tensors.get(`${key}.latents`) as Tensor<"float32">, 1e-4);
});

// A Stable Diffusion 1: CLIP, a UNet, a VAE and an adapter.
test("the small model draws what it draws on the CPU within 1/255, from a profile too", async () => {
	const draw = async (device: "cpu" | "webgpu") => {
		await using sd = await StableDiffusion.fromPretrained(model, { device, dtype: "float32" });
		const drum = await DrUM.attach(sd, { adapters });
		const profile = await drum.profile([{ prompt: "blue stripes", intensity: 5 }, { prompt: "a star, outlined" }]);
		const settings = { profile, alpha: 0.5, seed: 1, numInferenceSteps: 1, guidanceScale: 1 };
		return (await drum.generate("a star", settings)).images;
	};
	const [expected] = await draw("cpu");
	const { data, height, width } = expected!;
	expectPictures(await draw("webgpu"), { type: "uint8", dims: [1, height, width, 3], data });
});
