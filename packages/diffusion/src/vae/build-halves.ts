import { add, type Device, div, Graph, mul, precisionOn, type Value, type WeightSource } from "@drum/graph";
import type { BuiltHalf } from "./autoencoder.ts";
import type { VaeConfig } from "./config.ts";
import { vaeDecoder } from "./decoder.ts";
import { vaeEncoder } from "./encoder.ts";

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
