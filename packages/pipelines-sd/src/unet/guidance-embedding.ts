import { ArgumentError, float32, shown, type Tensor } from "@drum/tensor";

const { fround } = Math;
const LOG_PERIOD = fround(Math.log(10_000));

/**
 * Sines, then cosines of a guidance scale, `[1, width]`, for models distilled with guidance: diffusers' `get_guidance_scale_embedding` of the scale −
 * 1, each operation in float32.
 * @throws ArgumentError if there is no scale
 */
export function guidanceEmbedding(scale: number | undefined, width: number): Tensor<"float32"> {
	if (scale === undefined || !Number.isFinite(scale)) {
		const expected = "a finite number, as this model was distilled with guidance";
		throw new ArgumentError({ what: "guidance", expected, found: shown(scale) });
	}
	const half = Math.floor(width / 2);
	const step = fround(LOG_PERIOD / (half - 1));
	const thousandfold = fround(fround(scale - 1) * 1000);
	const embedding = new Float32Array(width);
	for (let i = 0; i < half; i++) {
		const angle = fround(thousandfold * fround(Math.exp(fround(i * -step))));
		embedding[i] = Math.sin(angle);
		embedding[half + i] = Math.cos(angle);
	}
	return float32(embedding, [1, width]);
}
