import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSingleFile, renamed, scaled } from "@drum/formats";
import { DiffusionPipeline } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { CheckpointTensor, TensorSource } from "@drum/tensor";
import { writeHoles } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { type Part, PUBLISHED_FILES, published, sourceOf, tensorsOf } from "./published-files.ts";

const shapesOf = (source: TensorSource) =>
	new Map([...source.names()].sort().map((name) => [name, (source.get(name) as CheckpointTensor).dims]));

describe.each(PUBLISHED_FILES)("%s", (_, kind, parts) => {
	const tensors = tensorsOf(parts);

	test.each([false, true])("holds its parts, each with all weights and no other (with factors: %s)", (factors) => {
		const file = sourceOf(tensors, factors);
		const { denoiser, vae, encoders } = readSingleFile(file)!;
		expect(denoiser?.kind).toBe(kind);
		const found: Record<string, { prefix: string } | undefined> = { denoiser, vae, ...encoders };
		const there = Object.entries(found).filter(([, part]) => part !== undefined);
		expect(there.map(([name]) => name).sort()).toEqual(Object.keys(parts).sort());
		for (const [name, part] of Object.entries(parts)) {
			expect(found[name]?.prefix).toBe(part.prefix);
			const weights = renamed(scaled(file), { name, prefix: part.prefix, table: part.table });
			expect(shapesOf(weights)).toEqual(new Map(published(part.of).sort(([a], [b]) => (a < b ? -1 : 1))));
		}
	});
});

const root = await mkdtemp(join(tmpdir(), "drum-published-files-"));
afterAll(() => rm(root, { recursive: true }));

async function write(name: string, parts: Readonly<Record<string, Part>>): Promise<string> {
	const path = join(root, name);
	await writeHoles(path, tensorsOf(parts), "F16");
	return path;
}
const partsOf = (name: string) => PUBLISHED_FILES.find(([file]) => file === name)![2];
const open = (file: string, options: object = {}) =>
	DiffusionPipeline.fromSingleFile(file, { models: [...FLUX, ...STABLE_DIFFUSION], offline: true, ...options });
const LONG = "word ".repeat(600);
const lengths = ({ encoders }: DiffusionPipeline) =>
	Object.entries(encoders).map(([name, encoder]) => [name, encoder!.tokenize([LONG]).dims[1]]);

// Files with these headers and holes for weights. Nothing else is given: no configuration, no tokenizer, no hub.
describe("a file alone opens", () => {
	test.each<[string, string, [string, number][], object]>([
		["v1-5-pruned-emaonly.safetensors", "Stable Diffusion 1", [["L", 77]], { _class_name: "PNDMScheduler" }],
		["v2-1_768-nonema-pruned.safetensors", "Stable Diffusion 2", [["H", 77]], { prediction_type: "v_prediction" }],
		[
			"sd_xl_base_1.0.safetensors",
			"Stable Diffusion XL",
			[
				["L", 77],
				["bigG", 77],
			],
			{ _class_name: "EulerDiscreteScheduler" },
		],
		[
			"sd3_medium_incl_clips_t5xxlfp8.safetensors",
			"Stable Diffusion 3",
			[
				["L", 77],
				["bigG", 77],
				["T5", 256],
			],
			{ shift: 3 },
		],
		[
			"flux1-dev-fp8.safetensors",
			"FLUX.1",
			[
				["L", 77],
				["T5", 256],
			],
			{ use_dynamic_shifting: true },
		],
	])("%s", async (name, title, rows, scheduler) => {
		const pipeline = await open(await write(name, partsOf(name)));
		expect(pipeline.model.name).toBe(title);
		const assumed = title === "Stable Diffusion 2" ? [{ code: "prediction-assumed", what: join(root, name) }] : [];
		expect(pipeline.warnings).toMatchObject(assumed);
		expect(pipeline.warnings.length).toBe(assumed.length);
		expect(pipeline.schedulerConfig).toMatchObject(scheduler);
		expect(lengths(pipeline)).toEqual(rows);
	});
});

test.each([
	["epsilon", "PNDMScheduler", 64],
	["v_prediction", "DDIMScheduler", 96],
])(
	"Stable Diffusion 2 that is said to predict %s is taken so, without a word",
	async (prediction_type, sampler, size) => {
		const file = await write("sd2.safetensors", partsOf("v2-1_768-nonema-pruned.safetensors"));
		const { schedulerConfig, denoiser, warnings } = await open(file, { schedulerConfig: { prediction_type } });
		expect(warnings).toEqual([]);
		expect(schedulerConfig).toMatchObject({ prediction_type, _class_name: sampler });
		expect(denoiser.sampleSize).toEqual([size, size]);
	},
);

test("ComfyUI's four files of FLUX open as one pipeline", async () => {
	const { denoiser, vae, L, T5 } = partsOf("flux1-dev-fp8.safetensors") as Record<string, Part>;
	const alone = (name: string, part: Part) => write(name, { [name]: { ...part, prefix: "" } });
	const pipeline = await open(await alone("flux1-dev.safetensors", denoiser!), {
		vae: await alone("ae.safetensors", vae!),
		encoders: { L: await alone("clip_l.safetensors", L!), T5: await alone("t5xxl_fp16.safetensors", T5!) },
	});
	expect(pipeline.warnings).toEqual([]);
	expect(lengths(pipeline)).toEqual([
		["L", 77],
		["T5", 256],
	]);
});
