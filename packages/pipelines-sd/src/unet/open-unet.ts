import type { ModelFiles } from "@drum/diffusion";
import {
	type LoraLayers,
	quantize,
	type SessionOptions,
	SizedSession,
	type TakesLoras,
	takeLoras,
	unusedWeights,
	type WeightOptions,
	type WeightSource,
	weightOptions,
} from "@drum/graph";
import type { Warning } from "@drum/tensor";
import { buildUNet, feedbackInputs, type OutlinedUNet, outlineUNet, plainInputs } from "./build-unet.ts";
import { parseUNetConfig } from "./config.ts";
import type { UNetConfig } from "./config-schema.ts";

/** Weights of gated attention for boxes and pictures of objects, which text to image does not use. */
const OF_GLIGEN = /^position_net\.|\.fuser\./;

export interface OpenedUNet extends TakesLoras {
	readonly config: UNetConfig;
	/** The weights that the network computes with. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	/** Graphs with the same weights. Only one is in memory at a time. */
	readonly session: SizedSession;
	readonly withFeedback: SizedSession;
	/** The network for latents of one size, with its weights in the options' `dtype`. */
	outline(
		size: [height: number, width: number],
		signal: AbortSignal | undefined,
		loras: readonly LoraLayers[],
	): Promise<OutlinedUNet>;
}

/** @throws CheckpointError when configuration and weights do not belong together, or ask for something that is not supported. */
export function openUNet(
	{ config: json, checkpoint, name }: ModelFiles,
	options: SessionOptions & WeightOptions,
): OpenedUNet {
	const { device, threads } = options;
	const config = parseUNetConfig(json, name);
	const make = (source: WeightSource, size = config.sample_size, inputs = plainInputs) =>
		outlineUNet(config, source, name, options, size, inputs);
	const { weights } = make(checkpoint);
	const ready = async (signal: AbortSignal | undefined, loras: readonly LoraLayers[]) => {
		const build = (given: WeightSource) => buildUNet(make(given));
		const source = await quantize(checkpoint, { ...weightOptions(options), build, signal });
		return takeLoras(source, loras, { threads, signal });
	};
	const session = (inputs: typeof plainInputs) =>
		new SizedSession(
			async (height, width, signal, loras) => buildUNet(make(await ready(signal, loras), [height, width], inputs)),
			{ device, threads },
		);
	const unused = weights.unused().filter((tensor) => config.attention_type === "default" || !OF_GLIGEN.test(tensor));
	return {
		config,
		weights: checkpoint,
		used: weights.used(),
		warnings: unusedWeights(unused, name),
		session: session(plainInputs),
		withFeedback: session(feedbackInputs),
		outline: async (size, signal, loras) => make(await ready(signal, loras), size),
		checkLora: async (layers) => {
			const source = await takeLoras(checkpoint, [layers], { norms: false });
			return make(source).weights.unusedLoras();
		},
	};
}
