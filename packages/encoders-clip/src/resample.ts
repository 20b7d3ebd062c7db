// Pillow's resampling, to the bit: https://github.com/python-pillow/Pillow/blob/13.0.0/src/libImaging/Resample.c
// Separable, with integer weights, and bytes between the passes. When a picture shrinks, the kernel widens with the scale, against aliasing.

/** Rows from the top, three bytes a pixel. */
export interface RGBPixels {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array | Uint8ClampedArray;
}

/** The pixels from `from` to `to`, without `to`, along an axis of `size` in the resized picture. */
export interface Span {
	readonly size: number;
	readonly from: number;
	readonly to: number;
}

/** The weight of a pixel by its distance, up to `reach`. */
interface Kernel {
	readonly reach: number;
	weight(distance: number): number;
}

/** Fractional bits of a weight. */
const FRACTION = 22;

/** A part of `picture` resized to `columns.size` × `rows.size` with Pillow's `BICUBIC`. Computes only that part. */
export function resizeBicubic(picture: RGBPixels, columns: Span, rows: Span): RGBPixels {
	return resize(picture, columns, rows, BICUBIC);
}

/** The whole picture in another size with Pillow's `LANCZOS`, as diffusers resizes what a VAE encodes. */
export function resizeLanczos(picture: RGBPixels, { width, height }: Pick<RGBPixels, "width" | "height">): RGBPixels {
	return resize(picture, { size: width, from: 0, to: width }, { size: height, from: 0, to: height }, LANCZOS);
}

function resize(picture: RGBPixels, columns: Span, rows: Span, kernel: Kernel): RGBPixels {
	const across = tapsOf(picture.width, columns, kernel);
	const down = tapsOf(picture.height, rows, kernel);
	const source = cut(picture, across, down);
	// Pillow 13's order of the passes, found by trying both with some thousand sizes. It matters, because bytes are rounded and clipped in between.
	const lost = picture.height - rows.size;
	const rowsFirst = lost > 0 && lost > 2 * (picture.width - columns.size);
	return rowsFirst ? narrow(flatten(source, down), across) : flatten(narrow(source, across), down);
}

/** The source pixels of each resulting pixel, counted from `from`, and their weights, `most` for each. */
interface Taps {
	readonly from: number;
	readonly to: number;
	readonly starts: Int32Array;
	readonly counts: Int32Array;
	readonly weights: Int32Array;
	readonly most: number;
}

function tapsOf(length: number, { size, from, to }: Span, kernel: Kernel): Taps {
	const scale = length / size;
	const stretch = Math.max(scale, 1);
	const reach = kernel.reach * stretch;
	const most = Math.ceil(reach) * 2 + 1;
	const starts = new Int32Array(to - from);
	const counts = new Int32Array(to - from);
	const weights = new Int32Array((to - from) * most);
	for (let i = 0; i < to - from; i++) {
		const center = (from + i + 0.5) * scale;
		const start = Math.max(0, Math.trunc(center - reach + 0.5));
		const count = Math.min(length, Math.trunc(center + reach + 0.5)) - start;
		const raw = Float64Array.from({ length: count }, (_, k) =>
			kernel.weight((k + start - center + 0.5) * (1 / stretch)),
		);
		const sum = raw.reduce((total, weight) => total + weight, 0);
		for (const [k, weight] of raw.entries()) {
			const scaled = (weight / sum) * 2 ** FRACTION;
			weights[i * most + k] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
		}
		starts[i] = start;
		counts[i] = count;
	}
	const first = starts[0]!;
	const last = starts.length - 1;
	return {
		from: first,
		to: starts[last]! + counts[last]!,
		starts: starts.map((start) => start - first),
		counts,
		weights,
		most,
	};
}

/** The part of the picture that the result depends on. */
function cut(picture: RGBPixels, columns: Taps, rows: Taps): RGBPixels {
	const [width, height] = [columns.to - columns.from, rows.to - rows.from];
	if (width === picture.width && height === picture.height) return picture;
	const data = new Uint8Array(width * height * 3);
	for (let y = 0; y < height; y++) {
		const at = ((rows.from + y) * picture.width + columns.from) * 3;
		data.set(picture.data.subarray(at, at + width * 3), y * width * 3);
	}
	return { width, height, data };
}

/** The horizontal pass. */
function narrow({ width, height, data }: RGBPixels, columns: Taps): RGBPixels {
	const columnsOut = columns.starts.length;
	const out = new Uint8Array(height * columnsOut * 3);
	for (let y = 0, to = 0; y < height; y++) {
		for (let x = 0; x < columnsOut; x++, to += 3) {
			blend(data, (y * width + columns.starts[x]!) * 3, 3, columns, x, out, to);
		}
	}
	return { width: columnsOut, height, data: out };
}

/** The vertical pass. */
function flatten({ width, data }: RGBPixels, rows: Taps): RGBPixels {
	const rowsOut = rows.starts.length;
	const out = new Uint8Array(rowsOut * width * 3);
	for (let y = 0, to = 0; y < rowsOut; y++) {
		for (let x = 0; x < width; x++, to += 3) {
			blend(data, (rows.starts[y]! * width + x) * 3, width * 3, rows, y, out, to);
		}
	}
	return { width, height: rowsOut, data: out };
}

/** Keys' cubic with a = −0.5. */
const BICUBIC: Kernel = {
	reach: 2,
	weight(x) {
		const distance = Math.abs(x);
		if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
		if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * -0.5;
		return 0;
	},
};

/** sinc x · sinc x/3. */
const LANCZOS: Kernel = { reach: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };

function sinc(x: number): number {
	return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Computes the pixel at byte `out` from source pixels that begin at `at`, `step` bytes apart. */
function blend(
	source: ArrayLike<number>,
	at: number,
	step: number,
	{ weights, counts, most }: Taps,
	tap: number,
	target: Uint8Array,
	out: number,
): void {
	const half = 2 ** (FRACTION - 1);
	let [red, green, blue] = [half, half, half];
	const end = tap * most + counts[tap]!;
	for (let k = tap * most; k < end; k++, at += step) {
		const weight = weights[k]!;
		red += source[at]! * weight;
		green += source[at + 1]! * weight;
		blue += source[at + 2]! * weight;
	}
	target[out] = toByte(red);
	target[out + 1] = toByte(green);
	target[out + 2] = toByte(blue);
}

function toByte(sum: number): number {
	return Math.min(Math.max(sum >> FRACTION, 0), 255);
}
