import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { SD3Config } from "./config.ts";

const PERIOD = 10_000;

/**
 * The rows of the table of positions for a picture's patches, int64 `[patches]`: a crop from the table's centre, as PatchEmbed's. `height` and
 * `width` are those of the latents.
 * @throws ArgumentError if the picture is larger than the table
 */
export function croppedPositions(
	{ pos_embed_max_size: most, patch_size }: Pick<SD3Config, "pos_embed_max_size" | "patch_size">,
	height: number,
	width: number,
): Tensor<"int64"> {
	const [rows, columns] = [height / patch_size, width / patch_size];
	if (rows > most || columns > most) {
		const expected = `a height and a width of at most ${most * patch_size}`;
		throw new ArgumentError({ what: "sample", expected, found: `${height} × ${width}` });
	}
	const [top, left] = [rows, columns].map((extent) => Math.floor((most - extent) / 2)) as [number, number];
	const places = Array.from({ length: rows * columns }, (_, i) => {
		return BigInt((top + Math.floor(i / columns)) * most + left + (i % columns));
	});
	return { type: "int64", dims: [places.length], data: BigInt64Array.from(places) };
}

/**
 * Rows of the table for a checkpoint without one, `[patches, width]`: sines and cosines of the column, then of the row, at falling frequencies.
 * Angles are float64 and positions float32, as in diffusers' `get_2d_sincos_pos_embed`.
 */
export function sincosPositions(
	{ pos_embed_max_size: most, sample_size, patch_size, width }: SD3Config,
	places: Tensor<"int64">,
): Tensor<"float32"> {
	const quarter = width / 4;
	const step = Math.fround(most / (sample_size / patch_size));
	const positions = new Float32Array(places.data.length * width);
	let at = 0;
	for (const place of places.data) {
		for (const cell of [Number(place) % most, Math.floor(Number(place) / most)]) {
			const position = Math.fround(cell / step);
			for (let i = 0; i < quarter; i++, at++) {
				const angle = position * (1 / PERIOD ** (i / quarter));
				positions[at] = Math.sin(angle);
				positions[at + quarter] = Math.cos(angle);
			}
			at += quarter;
		}
	}
	return float32(positions, [places.data.length, width]);
}
