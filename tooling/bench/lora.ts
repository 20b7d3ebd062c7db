// What a LoRA costs a step of a UNet, by its rank: ratios of one run, in which all ranks take turns.
//   tsx --conditions=@drum/source tooling/bench/lora.ts FOLDER [--ranks 16,64,128] [--layers attention] [--rounds 2] [--repeats 3] [--threads N]
// FOLDER is a checkpoint of Stable Diffusion 1 or 2, such as make_sd15.py makes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { layersOf } from "../../packages/formats/src/index.ts";
import type { ScaledLora } from "../../packages/graph/src/index.ts";
import { StableDiffusion } from "../../packages/pipelines-sd/src/index.ts";
import { float32, type Tensor, TorchGenerator } from "../../packages/tensor/src/index.ts";
import { writeSafetensors } from "../../packages/tensor/src/node.ts";
import { times } from "./measuring.ts";

/** What a LoRA is trained on: the projections of attentions, or all layers of transformers, or all of the network. */
const LAYERS = {
	attention: /\.attn\d\.to_(q|k|v|out\.0)$/,
	transformers: /\.attentions\./,
	all: /./,
} as const;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		ranks: { type: "string", default: "16,64,128" },
		layers: { type: "string", default: "attention" },
		rounds: { type: "string", default: "2" },
		repeats: { type: "string", default: "3" },
		threads: { type: "string" },
	},
});
const [folder = ""] = positionals;
const chosen = LAYERS[values.layers as keyof typeof LAYERS];
const ranks = values.ranks.split(",").map(Number);
const generator = new TorchGenerator(1);

await using sd = await StableDiffusion.fromPretrained(folder, {
	threads: values.threads ? Number(values.threads) : undefined,
});
const { denoiser } = sd;
const own = mkdtempSync(join(tmpdir(), "lora-"));
try {
	const loras: Record<string, readonly ScaledLora[]> = { none: [] };
	for (const rank of ranks) loras[`rank ${rank}`] = await loraOf(rank);
	const seconds = new Map(Object.keys(loras).map((name) => [name, [] as number[]]));
	for (let round = 0; round < Number(values.rounds); round++) {
		for (const [name, each] of Object.entries(loras)) {
			// The first loads the network.
			await step(each);
			seconds.get(name)!.push(...(await times(() => step(each), Number(values.repeats))));
		}
	}
	const plain = median(seconds.get("none")!);
	const rows = [...seconds].map(([name, all]) => {
		const each = median(all);
		return [name, { "seconds a step": each.toFixed(3), "beside none": (each / plain).toFixed(3) }] as const;
	});
	console.table(Object.fromEntries(rows));
} finally {
	rmSync(own, { recursive: true });
}

async function loraOf(rank: number): Promise<readonly ScaledLora[]> {
	const tensors: Record<string, Tensor> = {};
	for (const [path, [out, width, ...kernel]] of layersOf(denoiser.weights!)) {
		if (!chosen.test(path)) continue;
		const ones = kernel.map(() => 1);
		tensors[`unet.${path}.lora_A.weight`] = random([rank, width!, ...kernel]);
		tensors[`unet.${path}.lora_B.weight`] = random([out!, rank, ...ones]);
	}
	const path = join(own, `rank-${rank}.safetensors`);
	await writeSafetensors(path, tensors);
	const { name } = await sd.loadLora(path);
	const { denoiser: found } = sd.lorasOf({});
	await sd.unloadLora(name);
	return found;
}

function random(dims: readonly number[]): Tensor<"float32"> {
	const { data } = generator.randn(dims);
	return float32(
		data.map((value) => 0.01 * value),
		dims,
	);
}

function step(loras: readonly ScaledLora[]): Promise<unknown> {
	const [height, width] = denoiser.sampleSize;
	const sample = random([1, denoiser.channels, height, width]);
	const encoderHiddenStates = random([2, sd.tokens, denoiser.width]);
	return denoiser.predict({ sample, timestep: 500, encoderHiddenStates, loras });
}

function median(numbers: readonly number[]): number {
	return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
