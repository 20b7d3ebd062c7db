import { float32, sizeOf, type Tensor } from "@drum/tensor";
import { shapeOf, type VaeConfig } from "./config.ts";
import { runTiles, type Span, type TileGrid } from "./tile-grid.ts";

// Mirrors tiled_decode and _tiled_encode of diffusers' AutoencoderKL, its order of arithmetic too:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/autoencoders/autoencoder_kl.py

type Picture = Tensor<"float32">;

/** How latents, or pictures that are encoded, are cut into tiles that overlap by a quarter. */
interface TileLayout extends TileGrid {
	/** What comes of one along a side: pixels per latent, or latents per pixel. */
	scale: number;
	/** Pixels, or latents, over which a tile fades into the next. */
	overlap: number;
	/** Those of a tile that stay, from its upper left; the tiles after it show the others. */
	kept: number;
}

/** The tiles of latents of these extents that are decoded, as large as `sample_size`; undefined where one tile holds them whole. */
export function layOutTiles(config: VaeConfig, height: number, width: number): TileLayout | undefined {
	return layOut(sideOf(config), shapeOf(config).scale, height, width);
}

/** The same of a picture of these extents that is encoded. */
export function layOutPictureTiles(config: VaeConfig, height: number, width: number): TileLayout | undefined {
	const { scale } = shapeOf(config);
	return layOut(sideOf(config) * scale, 1 / scale, height, width);
}

/** Latents along a tile's side. */
function sideOf(config: VaeConfig): number {
	// A quarter must be whole latents: of other sizes diffusers puts tiles together with gaps.
	return Math.max(4, 4 * Math.floor(config.sample_size / shapeOf(config).scale / 4));
}

function layOut(side: number, scale: number, height: number, width: number): TileLayout | undefined {
	const pixels = scale * side;
	if (height <= side && width <= side) return undefined;
	const spans = (extent: number): Span[] => {
		const stride = (3 * side) / 4;
		const starts = Array.from({ length: Math.ceil(extent / stride) }, (_, i) => i * stride);
		return starts.map((start) => ({ start, length: Math.min(side, extent - start) }));
	};
	const overlap = pixels / 4;
	return { rows: spans(height), columns: spans(width), scale, overlap, kept: pixels - overlap };
}

/** Latents `[channels, h, w]` → pictures, or pictures → what an encoder gives of them, each tile by itself. */
export async function runTiled(
	wholes: readonly Picture[],
	layout: TileLayout,
	run: (tile: Picture) => Promise<Picture>,
): Promise<Picture[]> {
	const tiles = await runTiles(wholes, layout, run);
	return tiles.map((own) => join(own, layout));
}

/** Fades each tile from the one above and the one to its left, which are faded themselves by then. */
function join(tiles: readonly (readonly Picture[])[], { rows, columns, scale, overlap, kept }: TileLayout): Picture {
	const channels = tiles[0]![0]!.dims[0]!;
	const extent = (spans: readonly Span[]) => scale * (spans.at(-1)!.start + spans.at(-1)!.length);
	const [height, width] = [extent(rows), extent(columns)];
	const picture = new Float32Array(channels * height * width);
	for (const [i, row] of tiles.entries()) {
		for (const [j, tile] of row.entries()) {
			if (i > 0) fade(tiles[i - 1]![j]!, tile, 1, overlap);
			if (j > 0) fade(row[j - 1]!, tile, 2, overlap);
			const [, ownHeight, ownWidth] = tile.dims as [number, number, number];
			const [shownHeight, shownWidth] = [Math.min(kept, ownHeight), Math.min(kept, ownWidth)];
			for (let line = 0; line < channels * shownHeight; line++) {
				const [channel, y] = [Math.floor(line / shownHeight), line % shownHeight];
				const from = (channel * ownHeight + y) * ownWidth;
				const to = (channel * height + i * kept + y) * width + j * kept;
				picture.set(tile.data.subarray(from, from + shownWidth), to);
			}
		}
	}
	return float32(picture, [channels, height, width]);
}

/** Writes over the beginning of `tile` along an axis: the end of `before` with a share that falls from 1 to 0. */
function fade(before: Picture, tile: Picture, axis: 1 | 2, overlap: number): void {
	const [length, own] = [before.dims[axis]!, tile.dims[axis]!];
	const steps = Math.min(length, own, overlap);
	const outer = sizeOf(tile.dims.slice(0, axis));
	const inner = sizeOf(tile.dims.slice(axis + 1));
	for (let step = 0; step < steps; step++) {
		const [share, rest] = [Math.fround(step / steps), Math.fround(1 - step / steps)];
		for (let i = 0; i < outer * inner; i++) {
			const [line, at] = [Math.floor(i / inner), i % inner];
			const from = (line * length + length - steps + step) * inner + at;
			const to = (line * own + step) * inner + at;
			tile.data[to] = Math.fround(before.data[from]! * rest) + Math.fround(tile.data[to]! * share);
		}
	}
}
