import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { parseSafetensors, serializeSafetensors } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { type AnyCase, anyOptions, expectRun } from "./run-cases.ts";

// Oracle: diffusers' LatentConsistencyModelPipeline, by tooling/golden/lcm.py.

const root = mkdtempSync(join(tmpdir(), "lcm-"));
afterAll(() => rmSync(root, { recursive: true }));
const { cases, tensors } = readRuns<AnyCase<"lcm"> & { scheduler_config: object }>("lcm");
const [{ scheduler_config: scheduler, ...run }] = cases as [(typeof cases)[0]];
const checkpoint = makeCheckpoint();

/** SD 1's tiny checkpoint with the weight that takes the guidance, as the pipeline's own class has it published. */
function makeCheckpoint(): string {
	const WEIGHT = "time_embedding.cond_proj.weight";
	const folder = join(root, "lcm");
	cpSync(fixture("sd1"), folder, { recursive: true });
	rmSync(join(folder, "unet/diffusion_pytorch_model.fp16.safetensors"));
	const write = (path: string, change: (json: object) => object) => {
		const file = join(folder, path);
		writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))));
	};
	const weights = join(folder, "unet/diffusion_pytorch_model.safetensors");
	const unet = parseSafetensors(readFileSync(weights), weights);
	const guidance = tensors.get(WEIGHT)!;
	writeFileSync(weights, serializeSafetensors(new Map([...unet.tensors, [WEIGHT, guidance]]), unet.metadata));
	write("unet/config.json", (config) => ({ ...config, time_cond_proj_dim: guidance.dims[1] }));
	write("scheduler/scheduler_config.json", () => scheduler);
	write("model_index.json", (index) => ({
		...index,
		_class_name: "LatentConsistencyModelPipeline",
		scheduler: ["diffusers", "LCMScheduler"],
	}));
	return folder;
}

test("a latent consistency model draws as diffusers' own pipeline for it: the latents within 1e-4, each pixel within 1/255", async () => {
	await using lcm = await StableDiffusion.fromPretrained(checkpoint);
	const drawn = await expectRun(run.key, tensors, (following) =>
		lcm.generate(run.prompt, { ...anyOptions(run), ...following }),
	);
	// What its card says is what a call leaves open.
	const { seed, height, width } = run as unknown as { seed: number; height: number; width: number };
	const open = await lcm.generate(run.prompt, { seed, height, width });
	expect(open.images[0]!.data).toEqual(drawn.images[0]!.data);
});

test("a profile steers it", async () => {
	await using lcm = await StableDiffusion.fromPretrained(checkpoint);
	await using drum = await DrUM.attach(lcm, { adapters: fixture("adapters") });
	const profile = await drum.profile([{ prompt: "a red boat" }, { prompt: "a blue boat", intensity: 3 }]);
	const options = { seed: 1, height: 64, width: 64, numInferenceSteps: 1 };
	const [plain, steered] = [
		await lcm.generate("a cat", options),
		await drum.generate("a cat", { ...options, profile }),
	];
	expect(steered.images[0]!.data).not.toEqual(plain.images[0]!.data);
});
