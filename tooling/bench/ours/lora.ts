// What a LoRA costs a guided step of the UNet: lora.ts FOLDER THREADS float32|int8 lora
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layersOf } from "../../../packages/formats/src/index.ts";
import type { ScaledLora } from "../../../packages/graph/src/index.ts";
import { StableDiffusion } from "../../../packages/pipelines-sd/src/index.ts";
import { float32, type Tensor, TorchGenerator } from "../../../packages/tensor/src/index.ts";
import { writeSafetensors } from "../../../packages/tensor/src/node.ts";
import { folder, input, kind, serve, threads } from "./serve.ts";

/** What LoRAs are trained on: the projections of attentions, or all of the network. */
const LAYERS: Readonly<Record<string, RegExp>> = { attention: /\.attn\d\.to_(q|k|v|out\.0)$/, all: /./ };

/** The network reads the factors when it loads, so the files stay. */
const own = mkdtempSync(join(tmpdir(), "lora-"));
const generator = new TorchGenerator(1);
const sd = await StableDiffusion.fromPretrained(join(folder, "sd15"), { threads, dtype: kind as "float32" | "int8" });
const { denoiser } = sd;
const made = new Map<string, readonly ScaledLora[]>([["none", []]]);

/** `none`, or layers and a rank: `attention 64`. */
await serve(async (name) => {
	const loras = made.get(name) ?? (await loraOf(name));
	made.set(name, loras);
	const encoderHiddenStates = input("condition", 2, sd.tokens, denoiser.width);
	await denoiser.predict({ sample: input("sample", 1, 4, 64, 64), timestep: 501, encoderHiddenStates, loras });
	return undefined;
});
rmSync(own, { recursive: true });

async function loraOf(name: string): Promise<readonly ScaledLora[]> {
	const [layers = "", rank] = name.split(" ");
	const tensors: Record<string, Tensor> = {};
	for (const [path, [out, width, ...kernel]] of layersOf(denoiser.weights!)) {
		if (!LAYERS[layers]!.test(path)) continue;
		const ones = kernel.map(() => 1);
		tensors[`unet.${path}.lora_A.weight`] = random([Number(rank), width!, ...kernel]);
		tensors[`unet.${path}.lora_B.weight`] = random([out!, Number(rank), ...ones]);
	}
	const path = join(own, `${name}.safetensors`);
	await writeSafetensors(path, tensors);
	const { name: loaded } = await sd.loadLora(path);
	const { denoiser: found } = sd.lorasOf({});
	await sd.unloadLora(loaded);
	return found;
}

function random(dims: readonly number[]): Tensor<"float32"> {
	const { data } = generator.randn(dims);
	return float32(
		data.map((value) => 0.01 * value),
		dims,
	);
}
