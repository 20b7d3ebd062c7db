import { type NameTable, placeInFile } from "../../names/name-table.ts";
import type { Layers } from "../model.ts";

/** Rows of a joined layer, each as first row and count. */
export type Rows = readonly (readonly [from: number, count: number])[];

/** A layer's share of a module in another naming, which may join several layers. */
export interface Share {
	/** The layer's path in the model. */
	readonly path: string;
	readonly dims: readonly number[];
	/** Its rows in the module, in the layer's order. Left out if they are all rows in the same order. */
	readonly rows?: Rows | undefined;
}

/** Names of a model's layers in another naming, each with the layers that it joins. */
export type Named = readonly (readonly [name: string, shares: readonly Share[]])[];

const WEIGHT = ".weight";

/** The names of a model's layers by a table for checkpoints. Joined layers are in the order of their rows. */
export function namedBy(table: NameTable, layers: Layers): Named {
	const places = [...layers].flatMap(([path, dims]) => {
		const place = placeInFile(table, path + WEIGHT);
		return place ? [{ name: place.name.slice(0, -WEIGHT.length), path, dims, rows: place.rows }] : [];
	});
	const groups = Map.groupBy(places, ({ name }) => name);
	return Array.from(groups, ([name, own]) => {
		own.sort((a, b) => (a.rows?.[0]?.[0] ?? 0) - (b.rows?.[0]?.[0] ?? 0));
		const all = own.reduce((sum, { dims }) => sum + dims[0]!, 0);
		const shares = own.map(
			({ path, dims, rows }): Share => ({
				path,
				dims,
				rows: rows?.map(([from, to, of]) => [(all / of) * from, (all / of) * (to - from)]),
			}),
		);
		return [name, shares];
	});
}

/** OneTrainer's names: it numbers the parts of a joined layer, and each has its own factors. */
export function numberedParts(named: Named): Named {
	return named.flatMap(([name, shares]) =>
		shares.length === 1 ? [] : shares.map(({ path, dims }, i) => [`${name}.${i}`, [{ path, dims }]] as const),
	);
}
