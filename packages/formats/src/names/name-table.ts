/**
 * Maps the names of a model's weights, which are diffusers' or transformers', to the names in a file of another layout. Each row has the
 * beginning of a name, or all of it, on both sides. The rest of the name is the same. A row that ends in `.` is a module:
 *
 * ```ts
 * const table = ldmUNet(config);
 * placeInFile(table, "down_blocks.1.attentions.0.proj_in.weight"); // { name: "input_blocks.4.1.proj_in.weight" }
 * ```
 *
 * A kohya LoRA calls this module `input_blocks_4_1_proj_in`, and is read with the same tables. If a file joins several modules, such as
 * OpenCLIP's queries, keys and values, the place has `rows`.
 */
export type NameTable = readonly NameRow[];

export type NameRow = readonly [own: string, file: string, form?: StoredForm | undefined];

/** The form in which a file has a tensor, if it differs from the model's. */
export interface StoredForm {
	/** The rows of the file's tensor that the model's has, in the model's order. */
	readonly rows?: readonly RowRange[];
	/** The file has the transposed matrix. */
	readonly transposed?: boolean;
	/** The file has the matrix as the kernel of a 1×1 convolution. */
	readonly kernel?: boolean;
}

/** A range of rows in equal parts, from one part up to another, and the number of parts: `[1, 2, 3]` is the middle third. */
export type RowRange = readonly [from: number, to: number, of: number];

/** The place of a tensor in a file. */
export interface PlaceInFile extends StoredForm {
	readonly name: string;
}

/** Finds the place of a model's weight in a file with this table's layout. Undefined if the table does not have it. */
export function placeInFile(table: NameTable, weight: string): PlaceInFile | undefined {
	for (const beginning of beginnings(weight)) {
		const row = indexOf(table).own.get(beginning);
		if (row) return { name: row[1] + weight.slice(beginning.length), ...row[2] };
	}
	return undefined;
}

/** Lists the model's weights that a tensor of the file contains, with their names and forms. */
export function weightsInTensor(table: NameTable, tensor: string): readonly PlaceInFile[] {
	for (const beginning of beginnings(tensor)) {
		const rows = indexOf(table).file.get(beginning);
		if (rows) return rows.map(([own, , form]) => ({ name: own + tensor.slice(beginning.length), ...form }));
	}
	return [];
}

interface Index {
	readonly own: ReadonlyMap<string, NameRow>;
	readonly file: ReadonlyMap<string, readonly NameRow[]>;
}

const indices = new WeakMap<NameTable, Index>();

function indexOf(table: NameTable): Index {
	const known = indices.get(table);
	if (known) return known;
	const index = { own: new Map(table.map((row) => [row[0], row])), file: Map.groupBy(table, ([, file]) => file) };
	indices.set(table, index);
	return index;
}

/** The whole name, and then its beginnings that end in a separator, the longest first. */
function beginnings(name: string): string[] {
	const ends = Array.from(name.matchAll(/[._]/g), ({ index }) => name.slice(0, index + 1));
	return [...ends, name].reverse();
}
