import { fileURLToPath } from "node:url";
import type { LoraFactor, LoraModule } from "@drum/formats";
import type { Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { conv2d, linear, linearParts, type ScaledLora, upsampleConv2d, type Value, type Weights } from "../index.ts";

// Layers under LoRAs, by tooling/golden/lora_ops.py.

export interface LoraCase {
	key: string;
	layer: "linear" | "conv2d" | "upsampleConv2d";
	parts?: number;
	padding?: number;
	stride?: number;
	/** The module's own scale, and that of the call. */
	loras: { kind: "low-rank" | "kronecker"; own: number; scale: number }[];
}

const file = await Checkpoint.open(fileURLToPath(new URL("../fixtures/lora.safetensors", import.meta.url)));
export const LORA_CASES: LoraCase[] = JSON.parse(file.metadata.cases!);

/** A case's layer as the checkpoint's `layer`. */
export function layerOf({ key }: LoraCase) {
	const stored = (name: string) => file.get(`${key}/w/${name.slice("layer.".length)}`);
	return { name: "layer", get: stored, names: () => ["layer.weight", "layer.bias"].filter(stored) };
}

export function lorasOf({ key, loras }: LoraCase): ScaledLora[] {
	return loras.map(({ kind, own, scale }, i) => {
		const factor = (name: string) => file.get(`${key}/lora${i}/${name}`);
		const module = { path: "layer", scale: own, magnitude: factor("magnitude") };
		const pair = (name: string) =>
			[factor(name) ?? factor(`${name}_a`), factor(`${name}_b`)].filter((each) => each) as [LoraFactor];
		const whole: LoraModule =
			kind === "low-rank"
				? { ...module, kind, down: factor("down")!, up: factor("up")!, mid: factor("mid"), bias: factor("bias") }
				: { ...module, kind, w1: pair("w1"), w2: pair("w2"), t2: factor("t2") };
		return { layers: { name: `LoRA ${i}`, modules: [whole], fingerprint: "" }, scale };
	});
}

export function inputOf({ key }: LoraCase): Promise<Tensor<"float32">> {
	return file.read(`${key}/in/x`) as Promise<Tensor<"float32">>;
}

export function resultOf({ key }: LoraCase): Promise<Tensor<"float32">> {
	return file.read(`${key}/out/y`) as Promise<Tensor<"float32">>;
}

/** The layer, whose parts are side by side again. */
export function applied(w: Weights, x: Value, { layer, parts, padding = 0, stride = 1 }: LoraCase): Value[] {
	const at = w.at("layer");
	const [out, , kernel = 1] = at.dims("weight")!;
	const bias = at.dims("bias") !== undefined;
	if (layer === "upsampleConv2d") return [upsampleConv2d(at, x, out!, { bias })];
	if (layer === "conv2d") return [conv2d(at, x, out!, kernel, { padding, stride, bias })];
	return parts ? linearParts(at, x, out! / parts, parts) : [linear(at, x, out!, { bias })];
}
