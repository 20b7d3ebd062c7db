import { ArgumentError, float32, shown, sizeOf, type Tensor } from "@drum/tensor";
import type { Denoiser, DenoiserFeeds } from "../denoiser.ts";

/** What one run of a transformer looks at: one picture under one condition. */
export interface PictureFeeds {
	/** `[1, channels, height, width]`. */
	sample: Tensor<"float32">;
	/** `[1, tokens, width]`. */
	encoderHiddenStates: Tensor<"float32">;
	/** `[1, pooled width]`, for a denoiser that takes them. */
	pooledProjections: Tensor<"float32"> | undefined;
}

type Shapes = Pick<Denoiser, "channels" | "maskChannels" | "multiple" | "width" | "pooledWidth">;

/**
 * Predicts for each picture under each of its conditions, one after another, and puts what `predict` gives (as many numbers
 * as the picture's latents have) together: `[n · pictures, channels, height, width]`.
 * @throws ArgumentError when a shape is not one the denoiser takes, or the timestep is no number.
 */
export async function predictEach(
	denoiser: Shapes,
	feeds: DenoiserFeeds,
	predict: (feeds: PictureFeeds) => Promise<Float32Array>,
): Promise<Tensor<"float32">> {
	const { sample, encoderHiddenStates } = feeds;
	const pooledProjections = checked(denoiser, feeds);
	const pictures = sample.dims[0]!;
	const conditions = encoderHiddenStates.dims[0]!;
	const [, , height, width] = sample.dims as [number, number, number, number];
	const size = denoiser.channels * height * width;
	const predicted = new Float32Array(size * conditions);
	for (let i = 0; i < conditions; i++) {
		const one = {
			sample: row(sample, i % pictures),
			encoderHiddenStates: row(encoderHiddenStates, i),
			pooledProjections: pooledProjections && row(pooledProjections, i),
		};
		predicted.set(await predict(one), i * size);
	}
	return float32(predicted, [conditions, denoiser.channels, height, width]);
}

/**
 * What every denoiser asks of its feeds: the latents' and the conditions' shapes, and a timestep.
 * @throws ArgumentError naming what does not fit.
 */
export function checkFeeds(
	{ channels, maskChannels = 0, multiple, width }: Pick<Denoiser, "channels" | "maskChannels" | "multiple" | "width">,
	{ sample, timestep, encoderHiddenStates }: DenoiserFeeds,
): void {
	checkDims("sample", sample, [null, channels + maskChannels, null, null]);
	checkDims("encoderHiddenStates", encoderHiddenStates, [null, null, width]);
	const [pictures = 0, , ...extents] = sample.dims;
	if (extents.some((extent) => extent % multiple !== 0)) {
		const expected = `a height and a width that are multiples of ${multiple}`;
		throw new ArgumentError({ what: "sample", expected, found: extents.join(" × ") });
	}
	const conditions = encoderHiddenStates.dims[0]!;
	if (conditions % pictures !== 0) {
		const expected = `as many conditions for each of ${pictures} pictures`;
		throw new ArgumentError({ what: "encoderHiddenStates", expected, found: shown(conditions) });
	}
	if (!Number.isFinite(timestep)) {
		throw new ArgumentError({ what: "timestep", expected: "a finite number", found: shown(timestep) });
	}
}

/** The pooled conditions, once all shapes are found to fit. */
function checked(denoiser: Shapes, feeds: DenoiserFeeds): Tensor<"float32"> | undefined {
	checkFeeds(denoiser, feeds);
	const what = "pooledProjections";
	const { pooledWidth } = denoiser;
	if (pooledWidth === undefined) return undefined;
	const { pooledProjections } = feeds;
	const conditions = feeds.encoderHiddenStates.dims[0]!;
	if (!pooledProjections) {
		throw new ArgumentError({ what, expected: `[${conditions}, ${pooledWidth}]`, found: "none" });
	}
	checkDims(what, pooledProjections, [conditions, pooledWidth]);
	return pooledProjections;
}

function checkDims(what: string, { dims, data }: Tensor, expected: readonly (number | null)[]): void {
	const fits = dims.length === expected.length && dims.every((dim, i) => dim > 0 && dim === (expected[i] ?? dim));
	if (fits && sizeOf(dims) === data.length) return;
	const shape = expected.map((dim) => dim ?? "any").join(", ");
	const found = `[${dims.join(", ")}]`;
	throw new ArgumentError({
		what,
		expected: fits ? `as many elements as ${found} has` : `[${shape}]`,
		found: fits ? `${data.length}` : found,
	});
}

function row({ data, dims }: Tensor<"float32">, i: number): Tensor<"float32"> {
	const size = data.length / dims[0]!;
	return float32(data.subarray(i * size, (i + 1) * size), [1, ...dims.slice(1)]);
}
