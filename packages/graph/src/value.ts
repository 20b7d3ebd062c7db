import type { Graph } from "./graph.ts";

/** A known extent, or the name of one that is known when the graph runs (`"batch"`, and products such as `"77*batch"`). */
export type Dim = number | string;

/** What the graph computes in. Weights are stored in other types too and are cast where they enter. */
export type ValueType = "float32" | "float16" | "int64" | "int32" | "uint8" | "int8" | "bool";

/** The result of one node, an input or a weight: a name in the graph with a type and a shape. */
export interface Value {
	readonly graph: Graph;
	readonly name: string;
	readonly type: ValueType;
	readonly dims: readonly Dim[];
}

/** Product of extents; names are sorted so that equal products are equal strings. */
export function product(dims: readonly Dim[]): Dim {
	let size = 1;
	const names: string[] = [];
	for (const dim of dims.flatMap((d): Dim[] => (typeof d === "string" ? d.split("*") : [d]))) {
		const extent = Number(dim);
		if (Number.isNaN(extent)) names.push(String(dim));
		else size *= extent;
	}
	if (names.length === 0 || size === 0) return size;
	return [...(size === 1 ? [] : [size]), ...names.sort()].join("*");
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
	return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export function showDims(dims: readonly Dim[]): string {
	return `[${dims.join(", ")}]`;
}

/** An extent that must be known while building, such as a width. */
export function known(value: Value, axis: number): number {
	const dim = value.dims.at(axis);
	if (typeof dim !== "number")
		throw new TypeError(`${value.name}: axis ${axis} of ${showDims(value.dims)} is not known`);
	return dim;
}

/** Shape of an elementwise result under NumPy's broadcasting. */
export function broadcast(a: Pick<Value, "name" | "dims">, b: Pick<Value, "name" | "dims">): Dim[] {
	const rank = Math.max(a.dims.length, b.dims.length);
	return Array.from({ length: rank }, (_, i) => {
		const x = a.dims[i - rank + a.dims.length] ?? 1;
		const y = b.dims[i - rank + b.dims.length] ?? 1;
		if (x === y || y === 1) return x;
		if (x === 1) return y;
		throw new TypeError(`${a.name} ${showDims(a.dims)} and ${b.name} ${showDims(b.dims)} do not broadcast`);
	});
}
