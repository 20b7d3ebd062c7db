import {
	type BuiltGraph,
	Graph,
	precisionOn,
	type SessionOptions,
	type WeightOptions,
	type WeightSource,
	Weights,
} from "@drum/graph";
import { timestepWidthOf } from "./config.ts";
import type { UNetConfig } from "./config-schema.ts";
import { feedbackAttention, ROWS } from "./feedback-attention.ts";
import type { UNetInputs } from "./inputs.ts";
import { type UNetOutputs, unet2DConditionModel } from "./unet.ts";

/** The UNet's graph for latents of one size, in the precision that the device computes in, and the weights that it uses. */
export interface OutlinedUNet {
	readonly graph: Graph;
	readonly weights: Weights;
	readonly outputs: UNetOutputs;
}

export function outlineUNet(
	config: UNetConfig,
	checkpoint: WeightSource,
	name: string,
	{ device = "cpu", dtype }: SessionOptions & WeightOptions,
	size: readonly [height: number, width: number],
	inputs: typeof plainInputs,
): OutlinedUNet {
	const stored = checkpoint.get("conv_in.weight");
	const graph = new Graph({ name, precision: precisionOn(device, stored, dtype) });
	const weights = new Weights(graph, checkpoint);
	const timestep = graph.input("timestep", "float32", [1, timestepWidthOf(config)]);
	const { time_cond_proj_dim: width } = config;
	const guidance = width === null ? undefined : graph.input("guidance", "float32", [1, width]);
	const outputs = unet2DConditionModel(weights, config, { timestep, guidance, ...inputs(graph, config, size) });
	return { graph, weights, outputs };
}

export function buildUNet({ graph, outputs: { predicted } }: OutlinedUNet): BuiltGraph {
	return graph.build({ predicted });
}

/** Layers of a block on the way up, as DeepCache numbers branches. It assumes this number for any network. */
export const LAYERS = 3;

/** How many branches a network has. */
export function branchesOf({ block_out_channels }: UNetConfig): number {
	return LAYERS * block_out_channels.length;
}

type Inputs = Omit<UNetInputs, "timestep" | "guidance">;

/** Inputs for pictures with their conditions; one condition at a time if a part of it is added to the time embedding. */
export function plainInputs(graph: Graph, config: UNetConfig, [height, width]: readonly [number, number]): Inputs {
	const { in_channels, conditionWidth, addition_embed_type, projection_class_embeddings_input_dim } = config;
	const each = addition_embed_type !== null;
	return {
		sample: graph.input("sample", "float32", [each ? 1 : "pictures", in_channels, height, width]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [
			each ? 1 : "batch",
			"tokens",
			conditionWidth,
		]),
		...(!each && { copies: graph.input("copies", "int64", [1]) }),
		...(addition_embed_type === "text_time" && {
			added: graph.input("added", "float32", [1, projection_class_embeddings_input_dim!]),
		}),
	};
}

/** Inputs for pictures that also attend to others. */
export function feedbackInputs(graph: Graph, config: UNetConfig, [height, width]: readonly [number, number]): Inputs {
	const { in_channels, conditionWidth, block_out_channels } = config;
	return {
		sample: graph.input("sample", "float32", [ROWS, in_channels, height, width]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [ROWS, "tokens", conditionWidth]),
		selfAttention: feedbackAttention({
			groups: graph.input("groups", "int64", [3]),
			kinds: graph.input("kinds", "int64", [2]),
			logWeights: graph.input("log_weights", "float32", [block_out_channels.length + 1, 2]),
		}),
	};
}
