import { float32, type Tensor } from "@drum/tensor";

type Picture = Tensor<"float32">;

/** A tile's place along one side of what is cut. */
export interface Span {
	readonly start: number;
	readonly length: number;
}

/** The tiles that latents, or pictures that are encoded, are cut into. */
export interface TileGrid {
	readonly rows: readonly Span[];
	readonly columns: readonly Span[];
}

/**
 * Runs each tile of `[channels, h, w]` on its own: for each of the whole, rows of tiles. Tiles of one size are run one after another,
 * over all: the network is loaded anew for each size, of which there are nine at most.
 */
export async function runTiles(
	wholes: readonly Picture[],
	{ rows, columns }: TileGrid,
	run: (tile: Picture) => Promise<Picture>,
): Promise<Picture[][][]> {
	const tiles = wholes.map(() => rows.map(() => new Array<Picture>(columns.length)));
	const places = rows.flatMap((_, row) => columns.map((_, column) => ({ row, column })));
	const bySize = Map.groupBy(places, ({ row, column }) => `${rows[row]!.length}×${columns[column]!.length}`);
	for (const { row, column } of [...bySize.values()].flat()) {
		for (const [i, picture] of wholes.entries()) {
			tiles[i]![row]![column] = await run(cut(picture, rows[row]!, columns[column]!));
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
