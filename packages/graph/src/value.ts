import type { StoredTensor } from "@drum/tensor";

/** A known extent, or the name of one that is known when the graph runs (`"batch"`, and products such as `"77*batch"`). */
export type Dim = number | string;

/** What the graph computes in. Weights are stored in other types too and are cast where they enter. */
export type ValueType = "float32" | "float16" | "int64" | "int32" | "uint8" | "int8" | "bool";

/** The result of one node, an input or a weight: a name in the graph with a type and a shape. */
export interface Value {
	readonly graph: OpenGraph;
	readonly name: string;
	readonly type: ValueType;
	readonly dims: readonly Dim[];
}

/** An attribute of a node, by the kind that ONNX gives it. */
export type Attribute =
	| number
	| string
	| { int: number }
	| { ints: readonly number[] }
	| { type: string }
	| { body: Body };

/** A graph within a node; it sees the values around it. */
export interface Body {
	nodes: readonly Node[];
	inputs: readonly Port[];
	outputs: readonly Port[];
}

export interface Port {
	name: string;
	type: string;
	dims: readonly Dim[];
}

export interface Node {
	readonly op: string;
	readonly domain: "" | "com.microsoft";
	/** Null where an optional input is left out. */
	readonly inputs: readonly (Value | null)[];
	readonly outputs: readonly Value[];
	readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Result {
	readonly dims: readonly Dim[];
	/** Default: the graph's precision. */
	readonly type?: ValueType;
}

/** A graph that is being built, as the operators know it that add to it; `Graph` is one. */
export interface OpenGraph {
	readonly name: string;
	/** What it computes in. */
	readonly precision: "float32" | "float16";
	/** The nodes so far, each after those whose results it takes. */
	readonly trace: readonly Node[];
	/** A constant written into the model itself: for shapes and small tables, not for weights. Floats are cast to `floats`. */
	constant(
		data: Float32Array | BigInt64Array | Uint8Array,
		dims: readonly number[],
		floats?: ValueType | undefined,
	): Value;
	scalar(value: number, type?: ValueType | undefined): Value;
	integers(values: readonly number[]): Value;
	/** The numbers behind a value that `integers` made. */
	integersOf(value: Value): readonly number[];
	/** Adds a node with one result, whose type and shape the caller states. */
	node(
		op: string,
		inputs: readonly (Value | null)[],
		result: Result,
		attributes?: Node["attributes"],
		domain?: Node["domain"],
	): Value;
	/** Adds a node with several results. */
	nodes(
		op: string,
		inputs: readonly (Value | null)[],
		results: readonly Result[],
		attributes?: Node["attributes"],
		domain?: Node["domain"],
	): Value[];
	/** Adds a node whose results have their names already. */
	append(node: Node): void;
	/** The nodes that `emit` adds, which become a body of their own. */
	within(emit: () => void): Node[];
	/**
	 * Goes over the first axis of `sequences` together, carrying `state`: the memory of one step serves them all.
	 * The body may use values from around it.
	 */
	scan(state: Value, sequences: readonly Value[], body: (state: Value, ...elements: Value[]) => Value): Value;
	cast(value: Value, type: ValueType): Value;
	/** Declares where a weight is stored. Floats are cast to `type`. */
	weight(path: string, source: StoredTensor, type?: ValueType | undefined): Value;
	/** Adds nodes over weights and constants alone, which are computed once, while the model loads. */
	whileLoading(make: () => Value): Value;
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

export function isBody(attribute: Attribute): attribute is { body: Body } {
	return typeof attribute === "object" && "body" in attribute;
}
