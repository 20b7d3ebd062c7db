import { type Dim, known, product, sameDims, showDims, type Value } from "../value.ts";
import { asPicture, lastOf, pixelsOf } from "./channels-last.ts";

/** Same elements in another shape; at most one extent may be a name that the input does not have at the same axis. */
export function reshape(x: Value, dims: readonly Dim[]): Value {
	if (sameDims(x.dims, dims)) return x;
	if (product(x.dims) !== product(dims)) {
		throw new TypeError(`${x.name} ${showDims(x.dims)} cannot be seen as ${showDims(dims)}`);
	}
	const target = openShape(x, dims);
	if (target.filter((extent) => extent === -1).length > 1) {
		throw new TypeError(`${x.name} ${showDims(x.dims)} to ${showDims(dims)}: more than one extent would be left open`);
	}
	return x.graph.node("Reshape", [x, x.graph.integers(target)], { dims, type: x.type });
}

/** The same elements in the shape of another value. Any of its extents may be unknown until the graph runs. */
export function reshapeLike(x: Value, like: Value): Value {
	const { graph, dims } = like;
	if (openShape(x, dims).filter((extent) => extent === -1).length <= 1) return reshape(x, dims);
	const shape = graph.node("Shape", [like], { dims: [dims.length], type: "int64" });
	return graph.node("Reshape", [x, shape], { dims, type: x.type });
}

/** 0 keeps the input's extent at that axis, -1 is what remains. */
function openShape(x: Value, dims: readonly Dim[]): number[] {
	return dims.map((dim, axis) => (typeof dim === "number" ? dim : dim === x.dims[axis] ? 0 : -1));
}

/** Axes in another order, as PyTorch's `permute`. */
export function transpose(x: Value, axes: readonly number[]): Value {
	return x.graph.node(
		"Transpose",
		[x],
		{ dims: axes.map((axis) => x.dims[axis]!), type: x.type },
		{ perm: { ints: axes } },
	);
}

export function concat(values: readonly Value[], axis: number): Value {
	const [first] = values;
	if (!first) throw new TypeError("concat needs a value");
	const at = axis < 0 ? axis + first.dims.length : axis;
	if (at === 1 && values.some(lastOf)) return asPicture(concat(values.map(pixelsOf), 3));
	const extents = values.map((value) => value.dims[at]!);
	const sum = extents.every((extent) => typeof extent === "number")
		? extents.reduce((total, extent) => total + extent, 0)
		: extents.join("+");
	const dims = first.dims.map((dim, i) => (i === at ? sum : dim));
	return first.graph.node("Concat", values, { dims, type: first.type }, { axis: { int: at } });
}

/** Equal parts along an axis. */
export function split(x: Value, parts: number, axis: number): Value[] {
	const at = axis < 0 ? axis + x.dims.length : axis;
	const dims = x.dims.map((dim, i) => (i === at ? known(x, at) / parts : dim));
	const results = Array.from({ length: parts }, () => ({ dims, type: x.type }));
	return x.graph.nodes("Split", [x], results, { axis: { int: at }, num_outputs: { int: parts } });
}

/** Parts along the first axis. Their extents are int64 `sizes` when the graph runs, and `names` while it is built. Any may be 0. */
export function splitRows(x: Value, sizes: Value, names: readonly Dim[]): Value[] {
	const results = names.map((name) => ({ dims: [name, ...x.dims.slice(1)], type: x.type }));
	return x.graph.nodes("Split", [x, sizes], results, { axis: { int: 0 } });
}

/** Takes apart what `concat` of values such as these joined along an axis; their extents may be known only when the graph runs. */
export function splitLike(x: Value, values: readonly Value[], axis: number): Value[] {
	const { graph } = x;
	const at = axis < 0 ? axis + x.dims.length : axis;
	const bounds = { start: { int: at }, end: { int: at + 1 } };
	const extents = values.map((value) => {
		const extent = value.dims[at]!;
		if (typeof extent === "number") return graph.integers([extent]);
		return graph.node("Shape", [value], { dims: [1], type: "int64" }, bounds);
	});
	const results = values.map((value) => ({
		dims: x.dims.map((dim, i) => (i === at ? value.dims[at]! : dim)),
		type: x.type,
	}));
	return graph.nodes("Split", [x, concat(extents, 0)], results, { axis: { int: at } });
}

/** Elements `from` up to but without `to` along an axis of known extent. */
export function slice(x: Value, axis: number, from: number, to: number): Value {
	const { graph } = x;
	const at = axis < 0 ? axis + x.dims.length : axis;
	const dims = x.dims.map((dim, i) => (i === at ? to - from : dim));
	const bounds = [[from], [to], [at]].map((values) => graph.integers(values));
	return graph.node("Slice", [x, ...bounds], { dims, type: x.type });
}

/** The whole `copies` times along the first axis, `copies` int64 `[1]`; `first` names that axis' new extent. */
export function repeat(x: Value, copies: Value, first: Dim): Value {
	const last = lastOf(x);
	if (last) return asPicture(repeat(last, copies, first));
	const [, ...rest] = x.dims;
	const times = concat([copies, x.graph.integers(rest.map(() => 1))], 0);
	return x.graph.node("Tile", [x, times], { dims: [first, ...rest], type: x.type });
}

/** Broadcasts to the shape of another value. */
export function expandLike(x: Value, like: Value): Value {
	const { graph } = x;
	const { dims } = like;
	const shape = dims.every((dim) => typeof dim === "number")
		? graph.integers(dims)
		: graph.node("Shape", [like], { dims: [dims.length], type: "int64" });
	return graph.node("Expand", [x, shape], { dims, type: x.type });
}

export function zerosLike(x: Value): Value {
	return expandLike(x.graph.scalar(0, x.type), x);
}

/** With a new axis of extent 1. */
export function unsqueeze(x: Value, axis: number): Value {
	const dims = [...x.dims.slice(0, axis), 1, ...x.dims.slice(axis)];
	return x.graph.node("Unsqueeze", [x, x.graph.integers([axis])], { dims, type: x.type });
}

/** Rows of a table by index: an embedding. `indices` `[…]`, `table` `[rows, width]` → `[…, width]`. */
export function gather(table: Value, indices: Value): Value {
	return table.graph.node(
		"Gather",
		[table, indices],
		{ dims: [...indices.dims, known(table, -1)], type: table.type },
		{ axis: { int: 0 } },
	);
}

/** One row of each sequence: `x` `[batch, tokens, width]`, `positions` int64 `[batch]` → `[batch, width]`. */
export function gatherRows(x: Value, positions: Value): Value {
	const [batch, , width] = x.dims;
	return x.graph.node(
		"GatherND",
		[x, unsqueeze(positions, 1)],
		{ dims: [batch!, width!], type: x.type },
		{ batch_dims: { int: 1 } },
	);
}

/** Every pixel twice in both directions: `[batch, channels, height, width]`. */
export function upsampleNearest2x(x: Value): Value {
	const { graph } = x;
	const [batch, channels] = x.dims;
	const dims = [batch!, channels!, 2 * known(x, 2), 2 * known(x, 3)];
	const scales = graph.constant(Float32Array.of(1, 1, 2, 2), [4], "float32");
	const attributes = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };
	return graph.node("Resize", [x, null, scales], { dims, type: x.type }, attributes);
}

/** The pixels of `x` `[batch, channels, height, width]` as rows `[batch, height · width, channels]`. */
export function pixelRows(x: Value): Value {
	const [batch, channels, height, width] = x.dims as [Dim, Dim, Dim, Dim];
	const last = lastOf(x);
	if (last) return reshape(last, [batch, product([height, width]), channels]);
	return transpose(reshape(x, [batch, channels, product([height, width])]), [0, 2, 1]);
}

/** Rows `[batch, height · width, channels]` as pixels of a picture, with the layout, height and width of `like`. */
export function pictureOfRows(rows: Value, like: Value): Value {
	const [batch, , channels] = rows.dims as [Dim, Dim, Dim];
	const [, , height, width] = like.dims as [Dim, Dim, Dim, Dim];
	if (lastOf(like)) return asPicture(reshape(rows, [batch, height, width, channels]));
	return reshape(transpose(rows, [0, 2, 1]), [batch, channels, height, width]);
}
