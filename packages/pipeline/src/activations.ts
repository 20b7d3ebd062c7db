import * as z from "zod/mini";

// Measured peaks of full-width models on a CPU, without their weights, in numbers of the widest tensor: 35 for a UNet's step of one condition (Stable
// Diffusion 1 and XL), 25 (FLUX) and 21 (Stable Diffusion 3.5) for a transformer's step, the VAE's decoder 3.8, and its encoder 4.2 of its first
// width (Stable Diffusion 1 at 512 × 512).
const OF_UNET = 36;
const OF_TRANSFORMER = 24;
const OF_DECODER = 4;
const OF_ENCODER = 4.5;
const FLOAT = 4;

/** Rows of the longest condition: 77 from CLIP and 256 from T5. */
const TOKENS = 77 + 256;
/** The size in latents that a transformer was trained for if its configuration has none: FLUX. */
const SAMPLE_SIZE = 128;
/** Pixels of AutoencoderTiny's tiles along a side. */
const TINY_TILE = 512;
/** Pixels above which a picture is decoded in tiles. */
export const TILED_ABOVE = 2_000_000;

const count = z.int().check(z.positive());
const unet = z.object({
	block_out_channels: z.array(count).check(z.minLength(1)),
	sample_size: z.union([
		z.pipe(
			count,
			z.transform((side): [number, number] => [side, side]),
		),
		z.tuple([count, count]),
	]),
	addition_embed_type: z.nullish(z.string()),
	time_cond_proj_dim: z.nullish(count),
});
const transformer = z.object({
	num_attention_heads: count,
	attention_head_dim: count,
	in_channels: count,
	patch_size: z._default(count, 1),
	sample_size: z._default(count, SAMPLE_SIZE),
});
const ofBothDecoders = { latent_channels: z._default(count, 4) };
const decoder = z.union([
	z.object({
		...ofBothDecoders,
		block_out_channels: z.array(count).check(z.minLength(1)),
		sample_size: z._default(
			z.union([
				count,
				z.pipe(
					z.tuple([count], count),
					z.transform(([side]) => side),
				),
			]),
			32,
		),
	}),
	// AutoencoderTiny has one width.
	z.pipe(
		z.object({ ...ofBothDecoders, decoder_block_out_channels: z.array(count).check(z.minLength(1)) }),
		z.transform((tiny) => ({ ...tiny, block_out_channels: tiny.decoder_block_out_channels, sample_size: TINY_TILE })),
	),
]);

/** The memory of a run in addition to weights, for one picture of the size that the denoiser was trained for. */
export interface Activations {
	/** Pixels. */
	readonly height: number;
	readonly width: number;
	/** Bytes at the denoiser's peak, in float32. */
	readonly denoiser: number;
	/** Bytes at the peak of the VAE's decoder, in float32. */
	readonly vae: number;
	/** Bytes at the peak of the VAE's encoder, in float32, of a run that begins from a picture. */
	readonly vaeEncoder: number;
}

/** Estimates from both `config.json`. Undefined for unknown kinds. */
export function estimateActivations(denoiserConfig: unknown, vaeConfig: unknown): Activations | undefined {
	const vae = decoder.safeParse(vaeConfig).data;
	const denoiser = vae && (ofUNet(denoiserConfig) ?? ofTransformer(denoiserConfig, vae.latent_channels));
	if (!denoiser) return undefined;
	const scale = 2 ** (vae.block_out_channels.length - 1);
	const [height, width] = denoiser.latents.map((extent) => extent * scale) as [number, number];
	const pixels = height * width;
	const atOnce = pixels > TILED_ABOVE ? Math.min(pixels, vae.sample_size ** 2) : pixels;
	// The input of the last block has the second width.
	const channels = vae.block_out_channels[1] ?? vae.block_out_channels[0]!;
	return {
		height,
		width,
		denoiser: denoiser.bytes,
		vae: OF_DECODER * atOnce * channels * FLOAT,
		vaeEncoder: OF_ENCODER * atOnce * vae.block_out_channels[0]! * FLOAT,
	};
}

interface OfDenoiser {
	bytes: number;
	latents: readonly [height: number, width: number];
}

/** SDXL's UNet takes one condition at a time, those of SD 1 and 2 both. A UNet distilled with guidance only has one. */
function ofUNet(config: unknown): OfDenoiser | undefined {
	const parsed = unet.safeParse(config).data;
	if (!parsed) return undefined;
	const { block_out_channels, sample_size: latents, addition_embed_type, time_cond_proj_dim } = parsed;
	const conditions = addition_embed_type || time_cond_proj_dim ? 1 : 2;
	return { latents, bytes: OF_UNET * conditions * latents[0] * latents[1] * block_out_channels[0]! * FLOAT };
}

/** A transformer takes one condition at a time. */
function ofTransformer(config: unknown, latentChannels: number): OfDenoiser | undefined {
	const parsed = transformer.safeParse(config).data;
	if (!parsed) return undefined;
	const { num_attention_heads, attention_head_dim, in_channels, patch_size, sample_size } = parsed;
	// FLUX gets patches as channels.
	const side = patch_size * Math.sqrt(in_channels / latentChannels);
	const rows = TOKENS + (sample_size / side) ** 2;
	return {
		latents: [sample_size, sample_size],
		bytes: OF_TRANSFORMER * rows * num_attention_heads * attention_head_dim * FLOAT,
	};
}
