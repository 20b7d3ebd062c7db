import type { Layers } from "../model.ts";

/** Rows of a joined layer, first and count. */
export type Rows = readonly (readonly [from: number, count: number])[];

/** A layer's share of what goes by one name elsewhere. */
export interface Share {
	/** The layer's path in the model. */
	readonly path: string;
	readonly dims: readonly number[];
	/** Its rows of the whole, in its own order; absent where that is the whole, as it is. */
	readonly rows?: Rows | undefined;
}

/** Other names of a model's layers, each with the layers that it joins. */
export type Named = readonly (readonly [name: string, shares: readonly Share[]])[];

/** One name elsewhere, and the layer or the joined layers behind it; `#` is a block's number. */
export type Row = readonly [name: string, path: string | readonly string[]];

/** The names that a table gives to layers that the model has. */
export function named(layers: Layers, table: readonly Row[]): Named {
	const numbers = new Set([...layers.keys()].map((path) => BLOCK.exec(path)?.[1] ?? ""));
	return table.flatMap(([name, paths]) => {
		const all = [paths].flat();
		const blocks = name.includes("#") ? [...numbers].filter((number) => number !== "") : [""];
		return blocks.flatMap((number) => {
			const own = all.map((path) => path.replace("#", number));
			return own.every((path) => layers.has(path)) ? joined(layers, name.replace("#", number), own) : [];
		});
	});
}

const BLOCK = /^(?:single_)?transformer_blocks\.(\d+)\./;

function joined(layers: Layers, name: string, paths: readonly string[]): Named {
	if (paths.length === 1) return [[name, [whole(layers, paths[0]!)]]];
	let from = 0;
	const shares = paths.map((path): Share => {
		const dims = layers.get(path)!;
		const share: Share = { path, dims, rows: [[from, dims[0]!]] };
		from += dims[0]!;
		return share;
	});
	// OneTrainer numbers the parts of a joined layer, each with factors of its own.
	const parts = paths.map((path, i) => [`${name}.${i}`, [whole(layers, path)]] as const);
	return [[name, shares], ...parts];
}

/**
 * The last norms have two halves, shift and scale, that diffusers has the other way round: they are twice as wide as long, where the
 * others have six parts or three, in the same order.
 */
function whole(layers: Layers, path: string): Share {
	const dims = layers.get(path)!;
	const half = dims[1]!;
	const isSwapped = /(^|\.)(norm_out|norm1_context)\.linear$/.test(path) && dims[0] === 2 * half;
	return {
		path,
		dims,
		rows: isSwapped
			? [
					[half, half],
					[0, half],
				]
			: undefined,
	};
}
