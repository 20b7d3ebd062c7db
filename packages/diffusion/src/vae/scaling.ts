import { add, div, mul, type Value } from "@drum/graph";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import * as z from "zod/mini";

/** How latents are given to a denoiser, under `config.json`'s own names. */
export interface LatentScaling {
	/** So that their variance is about 1. */
	readonly scaling_factor: number;
	readonly shift_factor: number;
	/** Of each channel, where latents are given scaled channel by channel; one without the other is not used. */
	readonly latents_mean?: readonly number[] | null | undefined;
	readonly latents_std?: readonly number[] | null | undefined;
}

export const scalingFactor = z.number().check(z.positive(), z.maximum(1e6));
export const shiftFactor = z.pipe(
	z.nullish(z.number().check(z.minimum(-1e6), z.maximum(1e6))),
	z.transform((shift) => shift ?? 0),
);

const f32 = Math.fround;

/** A denoiser's latents with the means and deviations that the encoder gives. */
export function unscale(
	latents: Value,
	{ scaling_factor, shift_factor, latents_mean, latents_std }: LatentScaling,
): Value {
	if (!latents_mean || !latents_std) return add(div(latents, scaling_factor), shift_factor);
	const ofChannels = (values: readonly number[]) =>
		latents.graph.constant(Float32Array.from(values), [1, values.length, 1, 1]);
	return add(div(mul(latents, ofChannels(latents_std)), scaling_factor), ofChannels(latents_mean));
}

/** An encoder's latents `[n, channels, h, w]` as a denoiser takes them. */
export function scaled({ data, dims }: Tensor<"float32">, scaling: LatentScaling): Tensor<"float32"> {
	const { latents_mean, latents_std, shift_factor, scaling_factor } = scaling;
	const scale = f32(scaling_factor);
	if (!latents_mean || !latents_std) {
		return float32(
			data.map((value) => f32(value - f32(shift_factor)) * scale),
			dims,
		);
	}
	const pixels = dims[2]! * dims[3]!;
	const values = data.map((value, i) => {
		const channel = Math.floor(i / pixels) % dims[1]!;
		return f32(f32(value - f32(latents_mean[channel]!)) * scale) / f32(latents_std[channel]!);
	});
	return float32(values, dims);
}

/** @throws ArgumentError where there is not a number for each of the latents' */
export function checkNoise(noise: Float32Array, { data }: Tensor<"float32">): void {
	if (noise.length === data.length) return;
	throw new ArgumentError({ what: "noise", expected: `${data.length} numbers`, found: String(noise.length) });
}
