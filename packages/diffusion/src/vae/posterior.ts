import { float32, type Tensor } from "@drum/tensor";
import type { EncodedPictures } from "./autoencoder.ts";
import { checkNoise, type LatentScaling, scaled } from "./scaling.ts";

const f32 = Math.fround;

/** What the latents of encoded pictures may be: a Gaussian for each number. */
export class Posterior implements EncodedPictures {
	readonly isDrawn = true;
	/** Unscaled, `[n, latent_channels, h, w]`. */
	readonly mean: Tensor<"float32">;
	/** The logarithm of the variance, from −30 to 20; of the same shape. */
	readonly logvar: Tensor<"float32">;
	readonly #scaling: LatentScaling;

	constructor(scaling: LatentScaling, mean: Tensor<"float32">, logvar: Tensor<"float32">) {
		this.#scaling = scaling;
		this.mean = mean;
		this.logvar = float32(
			logvar.data.map((value) => Math.min(Math.max(value, -30), 20)),
			logvar.dims,
		);
	}

	mode(): Tensor<"float32"> {
		return scaled(this.mean, this.#scaling);
	}

	sample(noise: Float32Array): Tensor<"float32"> {
		const { dims, data } = this.mean;
		checkNoise(noise, this.mean);
		const drawn = data.map((value, i) => value + f32(f32(Math.exp(f32(0.5 * this.logvar.data[i]!))) * noise[i]!));
		return scaled(float32(drawn, dims), this.#scaling);
	}
}
