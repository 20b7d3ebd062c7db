import { describe, expect, test } from "vitest";
import { CheckpointError, parseSafetensors } from "./index.ts";

/** A file of the given header and as many bytes of data, so that nothing but the stated fault is wrong. */
function file(header: string | Uint8Array, dataBytes: number, headerLength?: bigint): Uint8Array {
	const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
	const bytes = new Uint8Array(8 + json.length + dataBytes);
	new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
	bytes.set(json, 8);
	return bytes;
}

function entry(shape: string, start: number | string, end: number | string, dtype = "F32"): string {
	return `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;
}

// Oracle: the format's rules, https://github.com/huggingface/safetensors#format
const refused: [fault: string, bytes: Uint8Array, message: RegExp][] = [
	["an empty file", new Uint8Array(0), /found an empty file/],
	["a header longer than the file", file("{}", 0, 3n), /expected 3 bytes, found the file's end after 2/],
	["a header above the limit", file("{}", 0, 100_000_001n), /at most 100000000 bytes, found 100000001/],
	["a header length of 64 bits", file("{}", 0, 2n ** 64n - 1n), /found 18446744073709551615/],
	["no header", file("", 0), /found nothing/],
	["a space before the header", file(" {}", 0), /found byte 32/],
	["an array for a header", file("[]", 0), /found byte 91/],
	["bytes that are no UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 0), /expected UTF-8/],
	["a header that is no JSON", file('{"a":', 0), /header: expected JSON/],
	["text after the header's object", file("{}x", 0), /expected JSON/],
	["a tensor twice", file(`{"a":${entry("[1]", 0, 4)},"\\u0061":${entry("[1]", 0, 4)}}`, 4), /the key "a" twice/],
	["a field twice", file('{"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,4]}}', 4), /"dtype" twice/],
	["the key __proto__", file(`{"__proto__":${entry("[1]", 0, 4)}}`, 4), /the key __proto__/],
	["__proto__ in an entry", file('{"a":{"__proto__":{}}}', 0), /the key __proto__/],
	["an entry that is no object", file('{"a":[]}', 0), /tensor a: expected an object .* found \[\]/],
	["an unknown dtype", file(`{"a":${entry("[4]", 0, 4, "F8_E8M0")}}`, 4), /tensor a, dtype: .* found "F8_E8M0"/],
	["a dtype every object has", file(`{"a":${entry("[4]", 0, 4, "toString")}}`, 4), /found "toString"/],
	["no shape", file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), /tensor a, shape: .* found nothing/],
	["a negative dimension", file(`{"a":${entry("[-1]", 0, 4)}}`, 4), /shape: .* found \[-1\]/],
	["a dimension of 2^53", file(`{"a":${entry("[9007199254740992]", 0, 4)}}`, 4), /tensor a, shape/],
	["an overflowing shape", file(`{"a":${entry("[4294967296,4294967296]", 0, 0)}}`, 0), /fewer than 2\^53 bytes/],
	["an overflow before a zero", file(`{"a":${entry("[4294967296,4294967296,0]", 0, 0)}}`, 0), /fewer than 2\^53/],
	["one offset", file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4), /data_offsets: expected two/],
	["an offset of 2^53", file(`{"a":${entry("[1]", 0, "9007199254740993")}}`, 4), /data_offsets: expected two/],
	["an end before the start", file(`{"a":${entry("[1]", 4, 0)}}`, 4), /an end not before the start/],
	["a length unlike the shape's", file(`{"a":${entry("[2]", 0, 4)}}`, 4), /expected 8 bytes for F32 \[2\], found 4/],
	["a hole before the first", file(`{"a":${entry("[1]", 4, 8)}}`, 8), /a hole/],
	["a hole", file(`{"a":${entry("[1]", 0, 4)},"b":${entry("[1]", 8, 12)}}`, 12), /tensor b: .* a hole/],
	["an overlap", file(`{"a":${entry("[2]", 0, 8)},"b":${entry("[1]", 4, 8)}}`, 8), /tensor b: .* an overlap/],
	["bytes after the last tensor", file(`{"a":${entry("[1]", 0, 4)}}`, 5), /where its last tensor ends/],
	["a metadata value that is no string", file('{"__metadata__":{"n":1}}', 0), /__metadata__ n: expected a string/],
	["metadata that is no object", file('{"__metadata__":"x"}', 0), /__metadata__: expected an object/],
];

describe("a safetensors header", () => {
	test.each(refused)("is refused with %s", (_, bytes, message) => {
		const parse = () => parseSafetensors(bytes, "model.safetensors");
		expect(parse).toThrow(CheckpointError);
		expect(parse).toThrow(message);
		expect(parse).toThrow(/model\.safetensors/);
	});

	test("may list tensors in any order, pad with spaces, hold scalars and empty tensors, and name keys oddly", () => {
		const header = `{"b":${entry("[]", 8, 12)},"":${entry("[0,3]", 8, 8)},"constructor":${entry("[2]", 0, 8)}}   `;
		const { tensors, metadata } = parseSafetensors(file(header, 12), "x");
		expect([...tensors].map(([name, { dims, data }]) => [name, dims, data.length])).toEqual([
			["b", [], 1],
			["", [0, 3], 0],
			["constructor", [2], 2],
		]);
		expect(metadata).toEqual({});
	});

	test("may be empty", () => {
		expect(parseSafetensors(file("{}", 0), "x").tensors.size).toBe(0);
	});
});
