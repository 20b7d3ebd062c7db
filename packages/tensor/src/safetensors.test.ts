import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	ArgumentError,
	CheckpointError,
	type DataType,
	float32,
	parseSafetensors,
	serializeSafetensors,
	sizeOf,
	type Tensor,
} from "./index.ts";

const reference = readFileSync(new URL("fixtures/reference.safetensors", import.meta.url));

const ARRAYS = {
	float32: Float32Array,
	float64: Float64Array,
	float16: Uint16Array,
	bfloat16: Uint16Array,
	float8_e4m3fn: Uint8Array,
	float8_e5m2: Uint8Array,
	int8: Int8Array,
	uint8: Uint8Array,
	int16: Int16Array,
	uint16: Uint16Array,
	int32: Int32Array,
	uint32: Uint32Array,
	int64: BigInt64Array,
	uint64: BigUint64Array,
	bool: Uint8Array,
} satisfies Record<DataType, unknown>;

/** Tensors of all types, of any bytes, whose data does not start where its buffer does. */
const anyTensor: fc.Arbitrary<Tensor> = fc
	.record({
		type: fc.constantFrom(...(Object.keys(ARRAYS) as DataType[])),
		dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
		bytes: fc.uint8Array({ minLength: 520, maxLength: 520 }),
	})
	.map(({ type, dims, bytes }) => ({ type, dims, data: new ARRAYS[type](bytes.slice().buffer, 8, sizeOf(dims)) }));
const anyName = fc.string({ unit: "binary", maxLength: 8 }).filter((name) => !name.startsWith("__"));

function bytesOf({ data }: Tensor): Uint8Array {
	return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

describe("safetensors", () => {
	test("of the reference writer are read: values written in tooling/golden/generators.py", () => {
		const { tensors, metadata } = parseSafetensors(reference, "reference");
		const values = Object.fromEntries([...tensors].map(([name, { dims, data }]) => [name, [dims, [...data]]]));
		expect(values).toEqual({
			"b.weight": [
				[2, 3],
				[0, 1, 2, 3, 4, 5],
			],
			"a.weight": [[1], [0.1]],
			half: [[2], [0x3e00, 0xc000]],
			brain: [[1], [0x4040]],
			mask: [[3], [1, 0, 1]],
			scalar: [[], [7n]],
			none: [[0, 3], []],
			'quoted "é"': [[1], [9]],
			i8: [[1], [-1]],
			u8: [[3], [1, 2, 255]],
			i16: [[2], [-300, 2]],
			u16: [[1], [65535]],
			i32: [[1], [-70000]],
			u32: [[1], [4000000000]],
			u64: [[1], [2n ** 63n]],
		});
		expect(metadata).toEqual({ format: "pt" });
	});

	test("are written byte for byte as the reference writer writes them, whatever order they come in", () => {
		const { tensors, metadata } = parseSafetensors(reference, "reference");
		const shuffled = new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
		expect(Buffer.compare(serializeSafetensors(shuffled, metadata), reference)).toBe(0);
		expect(Buffer.compare(serializeSafetensors(Object.fromEntries(shuffled), metadata), reference)).toBe(0);
	});

	test("come back from their bytes as they were", () => {
		const metadata = fc.dictionary(anyName, fc.string());
		fc.assert(
			fc.property(fc.array(fc.tuple(anyName, anyTensor)), metadata, (entries, metadata) => {
				const tensors = new Map(entries);
				const back = parseSafetensors(serializeSafetensors(tensors, metadata), "x");
				expect(back.metadata).toEqual({ ...metadata });
				expect(new Set(back.tensors.keys())).toEqual(new Set(tensors.keys()));
				for (const [name, tensor] of tensors) {
					const copy = back.tensors.get(name)!;
					expect([copy.type, copy.dims, copy.data.constructor]).toEqual([
						tensor.type,
						tensor.dims,
						tensor.data.constructor,
					]);
					expect(Buffer.compare(bytesOf(copy), bytesOf(tensor))).toBe(0);
				}
			}),
		);
	});

	test("are refused wherever they are cut short", () => {
		for (let length = 0; length < reference.length; length++)
			expect(() => parseSafetensors(reference.subarray(0, length), "cut"), `${length} bytes`).toThrow(CheckpointError);
	});

	test("are read from any offset, into data that shares nothing with the bytes", () => {
		const shifted = new Uint8Array(reference.length + 1);
		shifted.set(reference, 1);
		const { tensors } = parseSafetensors(shifted.subarray(1), "shifted");
		shifted.fill(0);
		expect(tensors.get("a.weight")!.data).toEqual(Float64Array.of(0.1));
	});

	test("are not written from what does not fit", () => {
		const good = float32(new Float32Array(2), [2]);
		expect(() => serializeSafetensors({ a: { ...good, dims: [3] } })).toThrow(/tensor a: expected 12 bytes.*found 8/);
		expect(() => serializeSafetensors({ a: { ...good, type: "float8" as DataType } })).toThrow(ArgumentError);
		expect(() => serializeSafetensors({ __metadata__: good })).toThrow(ArgumentError);
		expect(() => serializeSafetensors(new Map([["__proto__", good]]))).toThrow(ArgumentError);
		expect(() => serializeSafetensors({ a: good }, { n: 1 as unknown as string })).toThrow(ArgumentError);
	});
});
