import type { AnyConfig } from "./configs.ts";

/** What a run of one picture needs on a CPU, in bytes. */
export interface Memory {
	height: number;
	width: number;
	/** Parameters of text encoder, denoiser and VAE decoder × 4: weights are computed with in float32. */
	weights: number;
	/** The larger of the denoiser's and the VAE's below, since they run one after the other. */
	activations: number;
	total: number;
	how: string;
}

const FLOAT = 4;
const HOW =
	"weights: parameters of text encoder, denoiser and VAE decoder × 4 bytes; activations, roughly the larger of the " +
	"denoiser's 32 and the VAE's 3 tensors of the widest kind in float32";

/** Estimates a run at the checkpoint's own size; undefined where its settings do not tell. */
export function estimateMemory(parameters: number, unet: AnyConfig, vae: AnyConfig): Memory | undefined {
	const [unetWidth] = unet.block_out_channels ?? [];
	const vaeWidths = vae.block_out_channels ?? [];
	if (!unetWidth || vaeWidths.length === 0) return undefined;
	const size = unet.sample_size ?? 64;
	const [latentHeight, latentWidth] = Array.isArray(size) ? size : [size, size];
	if (!latentHeight || !latentWidth) return undefined;
	const scale = 2 ** (vaeWidths.length - 1);
	const latentPixels = latentHeight * latentWidth;
	// 16 tensors of the first block, twice for guidance; 3 of what comes into the decoder's last block.
	const denoiser = 2 * 16 * latentPixels * unetWidth * FLOAT;
	const decoder = latentPixels * scale ** 2 * (vaeWidths[1] ?? vaeWidths[0]!) * 3 * FLOAT;
	const weights = parameters * FLOAT;
	const activations = Math.max(denoiser, decoder);
	const [height, width] = [latentHeight * scale, latentWidth * scale];
	return { height, width, weights, activations, total: weights + activations, how: HOW };
}
