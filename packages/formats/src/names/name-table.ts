/**
 * How the names of a model's weights, which are diffusers' or transformers', and those of a file of another layout belong together:
 * each row is the beginning of a name (or all of it) on both sides; what follows is the same. A row that ends in `.` is a module:
 *
 * ```ts
 * const table = ldmUNet(config);
 * placeInFile(table, "down_blocks.1.attentions.0.proj_in.weight"); // { name: "input_blocks.4.1.proj_in.weight" }
 * ```
 *
 * So the module that a kohya LoRA calls `input_blocks_4_1_proj_in` is found by the name that its weight has in such a file. Where a file
 * has several modules as one, such as OpenCLIP's queries, keys and values, the place has `rows`.
 */
export type NameTable = readonly NameRow[];

export type NameRow = readonly [own: string, file: string, form?: StoredForm | undefined];

/** In which form a file has a tensor, if not as the model takes it. */
export interface StoredForm {
	/** The rows of the file's tensor that are the model's, in the model's order. */
	readonly rows?: readonly RowRange[];
	/** The file's matrix is the model's transposed. */
	readonly transposed?: boolean;
	/** The file has the matrix as the kernel of a 1×1 convolution. */
	readonly kernel?: boolean;
}

/** From one row up to another, where all rows are so many equal parts: `[1, 2, 3]` is the middle third. */
export type RowRange = readonly [from: number, to: number, of: number];

/** Where a file has a tensor. */
export interface PlaceInFile extends StoredForm {
	readonly name: string;
}

/** Where a file of that layout has a weight of the model; undefined where the table does not know it. */
export function placeInFile(table: NameTable, weight: string): PlaceInFile | undefined {
	for (const beginning of beginnings(weight)) {
		const row = indexOf(table).own.get(beginning);
		if (row) return { name: row[1] + weight.slice(beginning.length), ...row[2] };
	}
	return undefined;
}

/** The model's weights that a tensor of the file holds, by name, with their form. */
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

/** The whole name, then as much of it as ends in a separator, the longest first. */
function beginnings(name: string): string[] {
	const ends = Array.from(name.matchAll(/[._]/g), ({ index }) => name.slice(0, index + 1));
	return [...ends, name].reverse();
}
