import type { ModelFiles } from "@drum/diffusion";
import {
	quantize,
	type SessionOptions,
	SizedSession,
	type TakesLoras,
	takeLoras,
	unusedWeights,
	type WeightOptions,
	type WeightSource,
	withLoras,
} from "@drum/graph";
import type { Warning } from "@drum/tensor";
import { buildUNet, feedbackInputs, plainInputs } from "./build-unet.ts";
import { parseUNetConfig, type UNetConfig } from "./config.ts";

/** What a network with gated attention has for boxes and pictures of objects, which text to image gives it none of. */
const OF_GLIGEN = /^position_net\.|\.fuser\./;

export interface OpenedUNet extends TakesLoras {
	readonly config: UNetConfig;
	/** The weights that the network computes with. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	/** Two graphs over the same weights, of which one is in memory at a time. */
	readonly session: SizedSession;
	readonly withFeedback: SizedSession;
}

/** @throws CheckpointError when configuration and weights do not belong together, or ask for something that is not supported. */
export function openUNet(
	{ config: json, checkpoint, name }: ModelFiles,
	options: SessionOptions & WeightOptions,
): OpenedUNet {
	const { device, threads } = options;
	const config = parseUNetConfig(json, name);
	const make = (source: WeightSource, size = config.sample_size, inputs = plainInputs) =>
		buildUNet(config, source, name, options, size, inputs);
	const { weights } = make(checkpoint);
	const session = (inputs: typeof plainInputs) =>
		new SizedSession(
			async (height, width, signal, loras) => {
				const source = await quantize(checkpoint, { ...options, build: (given) => make(given), signal });
				return make(await takeLoras(source, loras, { threads, signal }), [height, width], inputs).graph;
			},
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
		checkLora: (layers) => make(withLoras(checkpoint, [layers])).weights.unusedLoras(),
	};
}
