import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { runTiles, type Span, type TileGrid } from "../tile-grid.ts";

// Mirrors _tiled_decode and _tiled_encode of diffusers' AutoencoderTiny, its order of arithmetic too:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/autoencoders/autoencoder_tiny.py

type Picture = Tensor<"float32">;

/** Pixels of a tile along a side. */
const TILE = 512;
/** Part of a tile over which it fades in. */
const OVERLAP = 0.125;

/** Latents `[channels, h, w]` → pictures, `scale` times as high and wide; undefined where one tile holds them whole. */
export function decodeTinyTiled(
	latents: readonly Picture[],
	scale: number,
	decode: (tile: Picture) => Promise<Picture>,
): Promise<Picture[]> | undefined {
	return tiled(latents, Math.floor(TILE / scale), scale, decode);
}

/** A picture `[channels, h, w]` → latents, `scale` times less high and wide; undefined where one tile holds it whole. */
export function encodeTinyTiled(
	picture: Picture,
	scale: number,
	encode: (tile: Picture) => Promise<Picture>,
): Promise<Picture[]> | undefined {
	return tiled([picture], TILE, 1 / scale, encode);
}

function tiled(
	wholes: readonly Picture[],
	side: number,
	scale: number,
	run: (tile: Picture) => Promise<Picture>,
): Promise<Picture[]> | undefined {
	const [, height, width] = wholes[0]!.dims as [number, number, number];
	if (height <= side && width <= side) return undefined;
	const blend = Math.floor(side * OVERLAP);
	const spans = (extent: number): Span[] => {
		const starts = Array.from({ length: Math.ceil(extent / (side - blend)) }, (_, i) => i * (side - blend));
		return starts.map((start) => ({ start, length: Math.min(side, extent - start) }));
	};
	const grid = { rows: spans(height), columns: spans(width) };
	const shares = Float32Array.from({ length: side * scale }, (_, i) => Math.min(i / (blend * scale - 1), 1));
	return runTiles(wholes, grid, run).then((all) => all.map((tiles) => join(tiles, grid, scale, shares)));
}

function join(
	tiles: readonly (readonly Picture[])[],
	{ rows, columns }: TileGrid,
	scale: number,
	shares: Float32Array,
): Picture {
	const extent = (spans: readonly Span[]) => scale * (spans.at(-1)!.start + spans.at(-1)!.length);
	const dims = [tiles[0]![0]!.dims[0]!, extent(rows), extent(columns)];
	const picture = float32(new Float32Array(sizeOf(dims)), dims);
	for (const [i, { start: top }] of rows.entries()) {
		for (const [j, { start: left }] of columns.entries())
			lay(tiles[i]![j]!, picture, top * scale, left * scale, shares);
	}
	return picture;
}

/** Over what is there, which shows through at the upper and left edge of a tile that has one before it. */
function lay(tile: Picture, picture: Picture, top: number, left: number, shares: Float32Array): void {
	const [channels, rows, columns] = tile.dims as [number, number, number];
	const [, height, width] = picture.dims as [number, number, number];
	for (let line = 0; line < channels * rows; line++) {
		const row = line % rows;
		const to = (Math.floor(line / rows) * height + top + row) * width + left;
		const ofRow = top === 0 ? 1 : shares[row]!;
		for (let column = 0; column < columns; column++) {
			const share = Math.fround(ofRow * (left === 0 ? 1 : shares[column]!));
			const before = Math.fround(Math.fround(1 - share) * picture.data[to + column]!);
			picture.data[to + column] = Math.fround(share * tile.data[line * columns + column]!) + before;
		}
	}
}
