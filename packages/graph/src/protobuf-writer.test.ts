import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ProtobufWriter } from "./protobuf-writer.ts";

test("writes what Protobuf-ES writes: integers, floats, texts and bytes of any length, and messages within", () => {
	const part = fc.record({
		field: fc.integer({ min: 1, max: 500 }),
		int: fc.oneof(fc.maxSafeInteger(), fc.integer()),
		float: fc.float({ noNaN: true }),
		text: fc.string({ maxLength: 300, unit: "grapheme" }),
		bytes: fc.uint8Array({ maxLength: 600 }),
	});
	fc.assert(
		fc.property(fc.array(part, { maxLength: 4 }), fc.integer({ min: 0, max: 3 }), (parts, depth) => {
			const own = new ProtobufWriter();
			const other = new BinaryWriter();
			const fill = (own: ProtobufWriter, level: number) => {
				for (const { field, int, float, text, bytes } of parts) {
					own.int(field, int);
					other.tag(field, WireType.Varint).int64(int);
					own.float(field, float);
					other.tag(field, WireType.Bit32).float(float);
					own.string(field, text);
					other.tag(field, WireType.LengthDelimited).string(text);
					own.bytes(field, bytes);
					other.tag(field, WireType.LengthDelimited).bytes(bytes);
				}
				if (level === depth) return;
				other.tag(7, WireType.LengthDelimited).fork();
				own.message(7, (inner) => fill(inner, level + 1));
				other.join();
			};
			fill(own, 0);
			expect(Buffer.from(own.finish()).equals(other.finish())).toBe(true);
		}),
	);
});
