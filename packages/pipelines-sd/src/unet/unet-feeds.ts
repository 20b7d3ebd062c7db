import { type DenoiserFeeds, pictureFeeds, timestepEmbedding } from "@drum/diffusion";
import { float32, type Tensor } from "@drum/tensor";
import { addedCondition } from "./added-condition.ts";
import { multipleOf } from "./block-kinds.ts";
import { maskChannelsOf } from "./config.ts";
import type { UNetConfig } from "./config-schema.ts";
import { guidanceEmbedding } from "./guidance-embedding.ts";

/** The network's inputs for each run of a step, by condition. */
export function unetFeeds(config: UNetConfig, feeds: DenoiserFeeds): Record<string, Tensor>[][] {
	return config.addition_embed_type === null ? [[together(config, feeds)]] : oneByOne(config, feeds);
}

/** One run for all conditions, so that what they share is computed once. */
function together(config: UNetConfig, feeds: DenoiserFeeds): Record<string, Tensor> {
	const { sample, encoderHiddenStates } = feeds;
	const copies = BigInt(encoderHiddenStates.dims[0]! / sample.dims[0]!);
	return {
		sample,
		...timeFeeds(config, feeds),
		encoder_hidden_states: encoderHiddenStates,
		copies: { type: "int64", dims: [1], data: BigInt64Array.of(copies) },
	};
}

/**
 * A part of each condition is added to the time, so the conditions share nothing after the first block. One at a time, the time embedding stays in
 * the convolutions' biases: as fast as two at a time, with 0.3 GB less memory at 128 × 128 latents.
 */
function oneByOne(config: UNetConfig, feeds: DenoiserFeeds): Record<string, Tensor>[][] {
	const added = config.addition_embed_type === "text_time" ? addedCondition(config, feeds) : undefined;
	const time = timeFeeds(config, feeds);
	const shapes = {
		channels: config.out_channels,
		maskChannels: maskChannelsOf(config),
		multiple: multipleOf(config),
		width: config.conditionWidth,
		pooledWidth: added?.dims[1],
	};
	return pictureFeeds(shapes, { ...feeds, pooledProjections: added }).map((pictures) =>
		pictures.map(({ sample, encoderHiddenStates, pooledProjections }) => ({
			sample,
			...time,
			...(added && { added: pooledProjections! }),
			encoder_hidden_states: encoderHiddenStates,
		})),
	);
}

/** The time, and the guidance scale if the network was distilled with it. */
export function timeFeeds(
	config: UNetConfig,
	{ timestep, guidance }: DenoiserFeeds,
): Record<string, Tensor<"float32">> {
	const { block_out_channels, time_embedding_type, time_cond_proj_dim: width } = config;
	const frequencies = block_out_channels[0]!;
	const time =
		time_embedding_type === "fourier"
			? float32(Float32Array.of(timestep), [1, 1])
			: float32(timestepEmbedding(timestep, frequencies, config), [1, frequencies]);
	return { timestep: time, ...(width !== null && { guidance: guidanceEmbedding(guidance, width) }) };
}
