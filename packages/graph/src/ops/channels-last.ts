import { product, type Value } from "../value.ts";

/** For each picture `[batch, channels, height, width]` stored with the channels last: its stored value `[batch, height, width, channels]`. */
const lying = new WeakMap<Value, Value>();

/** The stored value of a picture with the channels last, `[batch, height, width, channels]`; undefined for any other value. */
export function lastOf(x: Value): Value | undefined {
	return lying.get(x);
}

/** The value as it is stored: with the channels last where `lastOf` has one, otherwise `x` itself. */
export function asItLies(x: Value): Value {
	return lying.get(x) ?? x;
}

/**
 * `[batch, height, width, channels]` as a picture `[batch, channels, height, width]`. It is transposed only when an operator asks for
 * its name; operators that use `lastOf` keep the channels last.
 */
export function asPicture(pixels: Value): Value {
	const [batch, height, width, channels] = pixels.dims as [Value["dims"][number], number, number, number];
	let first: Value | undefined;
	const picture: Value = {
		graph: pixels.graph,
		type: pixels.type,
		dims: [batch, channels, height, width],
		get name() {
			first ??= turn(pixels, [0, 3, 1, 2]);
			return first.name;
		},
	};
	lying.set(picture, pixels);
	return picture;
}

/** A picture with the channels last: as it is stored, or transposed once. */
export function pixelsOf(x: Value): Value {
	const found = lying.get(x) ?? turn(x, [0, 2, 3, 1]);
	lying.set(x, found);
	return found;
}

/** The value with the channels first, if it has any: its node is made now. */
export function turned(x: Value): Value {
	return { ...x };
}

/** Applies `make`, which must treat each number alone, to the value as it is stored. */
export function ofEach(x: Value, make: (x: Value) => Value): Value {
	const last = lying.get(x);
	return last ? asPicture(make(last)) : make(x);
}

/** What `make` gives of the numbers of two values at the same place, one of them perhaps a picture's channels `[…, channels, 1, 1]`. */
export function ofBoth(a: Value, b: Value, make: (a: Value, b: Value) => Value): Value {
	if (!lying.has(a) && !lying.has(b)) return make(a, b);
	const [x, y] = [besideLast(a), besideLast(b)];
	return x && y ? asPicture(make(x, y)) : make(a, b);
}

function besideLast(x: Value): Value | undefined {
	if (product(x.dims) === 1) return x;
	const [first, channels, height, width] = x.dims;
	if (x.dims.length !== 4) return undefined;
	if (lying.has(x) || height !== 1 || width !== 1) return pixelsOf(x);
	const dims = [first!, 1, 1, channels!];
	const target = dims.map((dim) => (typeof dim === "number" ? dim : 0));
	return x.graph.node("Reshape", [x, x.graph.integers(target)], { dims, type: x.type });
}

function turn(x: Value, axes: readonly number[]): Value {
	const dims = axes.map((axis) => x.dims[axis]!);
	return x.graph.node("Transpose", [x], { dims, type: x.type }, { perm: { ints: axes } });
}
