import type { DenoiserPlace } from "@drum/pipeline";
import { CheckpointError, loadPart, shown } from "@drum/tensor";
import { parseSD3Config } from "./transformer/config.ts";
import { pooledWidthOf } from "./unet/added-condition.ts";
import { multipleOf } from "./unet/block-kinds.ts";
import { maskChannelsOf, parseUNetConfig } from "./unet/config.ts";

/** The UNet of SD 1, 2 and XL. */
export const UNET: DenoiserPlace = {
	folder: "unet",
	fields: {
		channels: "in_channels",
		width: "cross_attention_dim",
		pooledWidth: "projection_class_embeddings_input_dim",
	},
	shape(json, name) {
		const config = parseUNetConfig(json, name);
		const { in_channels, out_channels: channels, sample_size: sampleSize, conditionWidth: width } = config;
		const maskChannels = maskChannelsOf(config);
		if (in_channels !== channels + (maskChannels ?? 0)) {
			throw new CheckpointError({
				what: `out_channels of ${name}`,
				expected: `${in_channels}, as in_channels`,
				found: shown(channels),
				next: "A denoiser that follows instructions over a picture, or predicts its variance, is another kind of model",
			});
		}
		const pooledWidth = pooledWidthOf(config);
		return { channels, maskChannels, sampleSize, multiple: multipleOf(config), width, pooledWidth };
	},
	async load(files, options) {
		const { UNet2DCondition } = await loadPart(() => import("./unet/unet-2d-condition.ts"));
		return UNet2DCondition.load(files, options);
	},
};

/** The transformer of SD 3. */
export const TRANSFORMER: DenoiserPlace = {
	folder: "transformer",
	fields: { channels: "in_channels", width: "joint_attention_dim", pooledWidth: "pooled_projection_dim" },
	shape(config, name) {
		const parsed = parseSD3Config(config, name);
		const { in_channels: channels, sample_size, joint_attention_dim: width } = parsed;
		const { patch_size: multiple, pooled_projection_dim: pooledWidth } = parsed;
		return { channels, sampleSize: [sample_size, sample_size], multiple, width, pooledWidth };
	},
	async load(files, options) {
		const { SD3Transformer2D } = await loadPart(() => import("./transformer/sd3-transformer-2d.ts"));
		return SD3Transformer2D.load(files, options);
	},
};
