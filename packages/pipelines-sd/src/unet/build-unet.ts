import {
	type BuiltGraph,
	Graph,
	precisionOn,
	type SessionOptions,
	type WeightOptions,
	type WeightSource,
	type Weights,
} from "@drum/graph";
import type { UNetConfig } from "./config.ts";
import { feedbackAttention, ROWS } from "./feedback-attention.ts";
import { type UNetInputs, unet2DConditionModel } from "./unet.ts";

/** The UNet for latents of one size, in the precision that the device computes its weights in; and what it took of the weights. */
export function buildUNet(
	config: UNetConfig,
	checkpoint: WeightSource,
	name: string,
	{ device = "cpu", dtype }: SessionOptions & WeightOptions,
	size: readonly [height: number, width: number],
	inputs: typeof plainInputs,
): { graph: BuiltGraph; weights: Weights } {
	const stored = checkpoint.get("conv_in.weight")?.type ?? "float32";
	const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
	const weights = graph.weights(checkpoint);
	const timestep = graph.input("timestep", "float32", [1, config.block_out_channels[0]!]);
	const { predicted } = unet2DConditionModel(weights, config, { timestep, ...inputs(graph, config, size) });
	return { graph: graph.build({ predicted }), weights };
}

type Inputs = Omit<UNetInputs, "timestep">;

/** Pictures under their conditions; for SDXL one at a time. */
export function plainInputs(graph: Graph, config: UNetConfig, [height, width]: readonly [number, number]): Inputs {
	const { in_channels, cross_attention_dim, projection_class_embeddings_input_dim } = config;
	const each = config.addition_embed_type !== null;
	return {
		sample: graph.input("sample", "float32", [each ? 1 : "pictures", in_channels, height, width]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [
			each ? 1 : "batch",
			"tokens",
			cross_attention_dim[0]!,
		]),
		...(each
			? { added: graph.input("added", "float32", [1, projection_class_embeddings_input_dim!]) }
			: { copies: graph.input("copies", "int64", [1]) }),
	};
}

/** Pictures that look at others too. */
export function feedbackInputs(graph: Graph, config: UNetConfig, [height, width]: readonly [number, number]): Inputs {
	const { in_channels, cross_attention_dim, block_out_channels } = config;
	return {
		sample: graph.input("sample", "float32", [ROWS, in_channels, height, width]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [ROWS, "tokens", cross_attention_dim[0]!]),
		selfAttention: feedbackAttention({
			groups: graph.input("groups", "int64", [3]),
			kinds: graph.input("kinds", "int64", [2]),
			logWeights: graph.input("log_weights", "float32", [block_out_channels.length + 1, 2]),
		}),
	};
}
