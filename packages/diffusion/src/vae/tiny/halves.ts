import { add, conv2d, div, known, mul, relu, sub, tanh, upsampleConv2d, type Value, type Weights } from "@drum/graph";
import { activationOf } from "../../activations.ts";
import type { TinyVaeConfig } from "./config.ts";

// Mirrors diffusers' AutoencoderTiny, whose halves are lists of layers, numbered with those that have no weights:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/autoencoders/vae.py

/** DecoderTiny: latents `[batch, latent_channels, height, width]`, unscaled, → pictures in about −1 … 1. */
export function tinyDecoder(weights: Weights, config: TinyVaeConfig, latents: Value): Value {
	const layers = weights.at("decoder", "layers");
	const { decoder_block_out_channels: widths, num_decoder_blocks, out_channels } = config;
	let layer = 0;
	let x = mul(tanh(div(latents, 3)), 3);
	x = activationOf(config.act_fn)(conv2d(layers.at(layer), x, widths[0]!, 3, { padding: 1 }));
	layer += 2;
	for (const [i, blocks] of num_decoder_blocks.entries()) {
		for (let block = 0; block < blocks; block++) x = tinyBlock(layers.at(layer++), config, x);
		if (i === num_decoder_blocks.length - 1) x = conv2d(layers.at(layer), x, out_channels, 3, { padding: 1 });
		// Behind an Upsample, which is a layer too.
		else x = upsampleConv2d(layers.at(layer + 1), x, widths[i]!, { bias: false });
		layer += 2;
	}
	return sub(mul(x, 2), 1);
}

/** EncoderTiny: pictures `[batch, in_channels, height, width]` in −1 … 1 → latents, unscaled. */
export function tinyEncoder(weights: Weights, config: TinyVaeConfig, pictures: Value): Value {
	const layers = weights.at("encoder", "layers");
	const { encoder_block_out_channels: widths, num_encoder_blocks, latent_channels } = config;
	let layer = 0;
	let x = div(add(pictures, 1), 2);
	for (const [i, blocks] of num_encoder_blocks.entries()) {
		const options = i === 0 ? { padding: 1 } : { padding: 1, stride: 2, bias: false };
		x = conv2d(layers.at(layer++), x, widths[i]!, 3, options);
		for (let block = 0; block < blocks; block++) x = tinyBlock(layers.at(layer++), config, x);
	}
	return conv2d(layers.at(layer), x, latent_channels, 3, { padding: 1 });
}

/** AutoencoderTinyBlock, as wide inside as outside. */
function tinyBlock(w: Weights, { act_fn }: TinyVaeConfig, x: Value): Value {
	const activation = activationOf(act_fn);
	const width = known(x, 1);
	let h = activation(conv2d(w.at("conv", 0), x, width, 3, { padding: 1 }));
	h = activation(conv2d(w.at("conv", 2), h, width, 3, { padding: 1 }));
	return relu(add(conv2d(w.at("conv", 4), h, width, 3, { padding: 1 }), x));
}
