import { ArgumentError, float32, shown, sizeOf, type Tensor } from "@drum/tensor";
import type { Denoiser } from "../denoiser.ts";
import type { DenoiserFeeds } from "../denoiser-feeds.ts";

/** What one run of a network looks at: one picture under one condition. */
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
 * Each picture under each of its conditions, by condition.
 * @throws ArgumentError when a shape is not one the denoiser takes, or the timestep is no number.
 */
export function pictureFeeds(denoiser: Shapes, feeds: DenoiserFeeds): PictureFeeds[][] {
	const { sample, encoderHiddenStates } = feeds;
	const pooledProjections = checked(denoiser, feeds);
	const pictures = sample.dims[0]!;
	return Array.from({ length: encoderHiddenStates.dims[0]! / pictures }, (_, condition) =>
		Array.from({ length: pictures }, (_, picture) => {
			const i = condition * pictures + picture;
			return {
				sample: row(sample, picture),
				encoderHiddenStates: row(encoderHiddenStates, i),
				pooledProjections: pooledProjections && row(pooledProjections, i),
			};
		}),
	);
}

/** Tensors `[n, …]` of like rows, one after another. */
export function joinRows(tensors: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const [first, ...others] = tensors as readonly [Tensor<"float32">];
	if (others.length === 0) return first;
	const data = new Float32Array(tensors.reduce((size, each) => size + each.data.length, 0));
	let rows = 0;
	for (const [i, each] of tensors.entries()) {
		data.set(each.data, i * first.data.length);
		rows += each.dims[0]!;
	}
	return float32(data, [rows, ...first.dims.slice(1)]);
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
