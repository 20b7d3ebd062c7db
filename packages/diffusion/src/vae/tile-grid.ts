import { float32, type Tensor } from "@drum/tensor";

type Picture = Tensor<"float32">;

/** A tile's place along one side of the latents. */
export interface Span {
	readonly start: number;
	readonly length: number;
}

/** The tiles that latents are cut into. */
export interface TileGrid {
	readonly rows: readonly Span[];
	readonly columns: readonly Span[];
}

/**
 * Decodes each tile of latents `[channels, h, w]` on its own: for each of the latents, rows of tiles. Tiles of one size are decoded
 * one after another, over all latents: the decoder is loaded anew for each size, of which there are nine at most.
 */
export async function decodeTiles(
	latents: readonly Picture[],
	{ rows, columns }: TileGrid,
	decode: (tile: Picture) => Promise<Picture>,
): Promise<Picture[][][]> {
	const tiles = latents.map(() => rows.map(() => new Array<Picture>(columns.length)));
	const places = rows.flatMap((_, row) => columns.map((_, column) => ({ row, column })));
	const bySize = Map.groupBy(places, ({ row, column }) => `${rows[row]!.length}×${columns[column]!.length}`);
	for (const { row, column } of [...bySize.values()].flat()) {
		for (const [i, picture] of latents.entries()) {
			tiles[i]![row]![column] = await decode(cut(picture, rows[row]!, columns[column]!));
		}
	}
	return tiles;
}

function cut({ data, dims }: Picture, rows: Span, columns: Span): Picture {
	const [channels, height, width] = dims as [number, number, number];
	const tile = new Float32Array(channels * rows.length * columns.length);
	for (let line = 0; line < channels * rows.length; line++) {
		const [channel, row] = [Math.floor(line / rows.length), rows.start + (line % rows.length)];
		const from = (channel * height + row) * width + columns.start;
		tile.set(data.subarray(from, from + columns.length), line * columns.length);
	}
	return float32(tile, [channels, rows.length, columns.length]);
}
