import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { EncodedPictures } from "./autoencoder.ts";
import type { VaeConfig } from "./config.ts";

const f32 = Math.fround;

/** What the latents of encoded pictures may be: a Gaussian for each number. */
export class Posterior implements EncodedPictures {
	/** Unscaled, `[n, latent_channels, h, w]`. */
	readonly mean: Tensor<"float32">;
	/** The logarithm of the variance, from −30 to 20; of the same shape. */
	readonly logvar: Tensor<"float32">;
	readonly #config: VaeConfig;

	constructor(config: VaeConfig, mean: Tensor<"float32">, logvar: Tensor<"float32">) {
		this.#config = config;
		this.mean = mean;
		this.logvar = float32(
			logvar.data.map((value) => Math.min(Math.max(value, -30), 20)),
			logvar.dims,
		);
	}

	mode(): Tensor<"float32"> {
		return float32(scaled(this.mean, this.#config), this.mean.dims);
	}

	sample(noise: Float32Array): Tensor<"float32"> {
		const { dims, data } = this.mean;
		if (noise.length !== data.length) {
			throw new ArgumentError({ what: "noise", expected: `${data.length} numbers`, found: String(noise.length) });
		}
		const drawn = data.map((value, i) => value + f32(f32(Math.exp(f32(0.5 * this.logvar.data[i]!))) * noise[i]!));
		return float32(scaled(float32(drawn, dims), this.#config), dims);
	}
}

/** What `decode` takes back. */
function scaled({ data, dims }: Tensor<"float32">, config: VaeConfig): Float32Array {
	const { latents_mean, latents_std, shift_factor, scaling_factor } = config;
	const scale = f32(scaling_factor);
	if (!latents_mean || !latents_std) return data.map((value) => f32(value - f32(shift_factor)) * scale);
	const pixels = dims[2]! * dims[3]!;
	return data.map((value, i) => {
		const channel = Math.floor(i / pixels) % dims[1]!;
		return f32(f32(value - f32(latents_mean[channel]!)) * scale) / f32(latents_std[channel]!);
	});
}
