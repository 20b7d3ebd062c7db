import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	bfloat16ToFloat32,
	type DataType,
	type DataTypes,
	float16ToFloat32,
	float32ToBfloat16,
	float32ToFloat16,
	toFloat32,
} from "./index.ts";

const patterns = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);

/** A pattern's value by IEEE 754's definition. */
function decode(bits: number, exponentBits: number): number {
	const fractionBits = 15 - exponentBits;
	const bias = 2 ** (exponentBits - 1) - 1;
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits & 0x7fff) >> fractionBits;
	const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
	if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
	return exponent ? sign * 2 ** (exponent - bias) * (1 + fraction) : sign * 2 ** (1 - bias) * fraction;
}

describe.each([
	["float16", 5, float16ToFloat32, float32ToFloat16],
	["bfloat16", 8, bfloat16ToFloat32, float32ToBfloat16],
] as const)("%s", (_, exponentBits, widen, narrow) => {
	const values = widen(patterns);
	const infinity = ((2 ** exponentBits - 1) << (15 - exponentBits)) & 0x7fff;

	test("patterns have the values IEEE 754 defines, all 65,536", () => {
		expect(values).toEqual(Float32Array.from(patterns, (bits) => decode(bits, exponentBits)));
	});

	test("values narrow to the patterns they came from, and NaNs to NaNs", () => {
		const back = narrow(values);
		const differ = patterns.filter((bits, i) =>
			(bits & 0x7fff) > infinity ? (back[i]! & 0x7fff) <= infinity : back[i] !== bits,
		);
		expect([...differ]).toEqual([]);
	});

	test("midpoints round to the even pattern, and a float32 beside one to its own side", () => {
		const even: number[] = [];
		const [down, middle, up] = [new Float32Array(infinity), new Float32Array(infinity), new Float32Array(infinity)];
		for (let bits = 0; bits < infinity; bits++) {
			even.push(bits + (bits & 1));
			// The step above the largest finite value is as wide as the one below it.
			const above = bits + 1 < infinity ? values[bits + 1]! : 2 * values[bits]! - values[bits - 1]!;
			middle[bits] = (values[bits]! + above) / 2;
		}
		const words = new Uint32Array(middle.buffer);
		new Uint32Array(down.buffer).set(words.map((word) => word - 1));
		new Uint32Array(up.buffer).set(words.map((word) => word + 1));
		expect(narrow(middle)).toEqual(Uint16Array.from(even));
		expect(narrow(down)).toEqual(patterns.slice(0, infinity));
		expect(narrow(up)).toEqual(patterns.slice(1, infinity + 1));
	});

	test("rounding is to a nearest value, and odd", () => {
		fc.assert(
			fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000 }), (x) => {
				const bits = narrow(Float32Array.of(x, -x));
				expect(bits[0]! ^ bits[1]!).toBe(0x8000);
				const [below, nearest, above] = [-1, 0, 1].map((step) => values[((bits[0]! & 0x7fff) + step) & 0x7fff]!);
				const error = Math.abs(Math.abs(x) - nearest!);
				expect(error <= Math.abs(Math.abs(x) - above!)).toBe(true);
				expect(nearest === 0 || error <= Math.abs(Math.abs(x) - below!)).toBe(true);
			}),
		);
	});
});

describe("toFloat32", () => {
	test("gives float32 data itself", () => {
		const data = Float32Array.of(1);
		expect(toFloat32({ type: "float32", dims: [1], data })).toBe(data);
	});

	test.each<[DataType, DataTypes[DataType], number[]]>([
		["float64", Float64Array.of(0.1), [Math.fround(0.1)]],
		["float16", Uint16Array.of(0x3e00), [1.5]],
		["bfloat16", Uint16Array.of(0xc040), [-3]],
		["int8", Int8Array.of(-128), [-128]],
		["uint16", Uint16Array.of(0x3e00), [0x3e00]],
		["int64", BigInt64Array.of(-5n), [-5]],
		["uint64", BigUint64Array.of(2n ** 63n), [2 ** 63]],
		["bool", Uint8Array.of(1, 0), [1, 0]],
	])("converts %s", (type, data, values) => {
		expect(toFloat32({ type, dims: [data.length], data })).toEqual(Float32Array.from(values));
	});
});
