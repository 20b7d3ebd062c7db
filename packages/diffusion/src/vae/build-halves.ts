import {
	add,
	type BuiltGraph,
	type Device,
	div,
	Graph,
	mul,
	precisionOn,
	type Value,
	type WeightSource,
	type Weights,
} from "@drum/graph";
import { DrumError } from "@drum/tensor";
import type { VaeConfig } from "./config.ts";
import { vaeDecoder } from "./decoder.ts";
import { vaeEncoder } from "./encoder.ts";

interface BuiltHalf {
	graph: BuiltGraph;
	/** What the half took of the checkpoint's. */
	weights: Weights;
}

/** Latents as `decode` takes them → a picture, for latents of one size. */
export function buildDecoder(
	config: VaeConfig,
	checkpoint: WeightSource,
	name: string,
	device: Device,
	height: number,
	width: number,
): BuiltHalf {
	const graph = new Graph({ name, precision: precisionOf(config, checkpoint, device, "decoder") });
	const latents = graph.input("latents", "float32", [1, config.latent_channels, height, width]);
	const weights = graph.weights(checkpoint);
	const { picture } = vaeDecoder(weights, config, unscale(latents, config));
	return { graph: graph.build({ picture }), weights };
}

/** A picture of one size → what its latents may be. */
export function buildEncoder(
	config: VaeConfig,
	checkpoint: WeightSource,
	name: string,
	device: Device,
	height: number,
	width: number,
): BuiltHalf {
	const graph = new Graph({ name, precision: precisionOf(config, checkpoint, device, "encoder") });
	const picture = graph.input("picture", "float32", [1, config.in_channels, height, width]);
	const weights = graph.weights(checkpoint);
	const { mean, logvar } = vaeEncoder(weights, config, picture);
	return { graph: graph.build({ mean, logvar }), weights };
}

/** Tells the encoder's tensors. Where it is not whole, which a checkpoint that only draws may have, all of its names count. */
export function encoderWeights(
	config: VaeConfig,
	checkpoint: WeightSource,
	name: string,
	device: Device,
): (tensor: string) => boolean {
	const side = 2 ** (config.block_out_channels.length - 1);
	try {
		const used = new Set(buildEncoder(config, checkpoint, name, device, side, side).weights.used());
		return (tensor) => used.has(tensor);
	} catch (error) {
		if (!DrumError.is(error)) throw error;
		return (tensor) => /^(encoder|quant_conv)\./.test(tensor);
	}
}

function precisionOf({ force_upcast }: VaeConfig, checkpoint: WeightSource, device: Device, half: string) {
	const stored = checkpoint.get(`${half}.conv_in.weight`)?.type ?? "float32";
	return force_upcast ? "float32" : precisionOn(device, stored);
}

/** Latents with the means and deviations that the encoder gives. */
function unscale(latents: Value, { scaling_factor, shift_factor, latents_mean, latents_std }: VaeConfig): Value {
	if (!latents_mean || !latents_std) return add(div(latents, scaling_factor), shift_factor);
	const ofChannels = (values: readonly number[]) =>
		latents.graph.constant(Float32Array.from(values), [1, values.length, 1, 1]);
	return add(div(mul(latents, ofChannels(latents_std)), scaling_factor), ofChannels(latents_mean));
}
