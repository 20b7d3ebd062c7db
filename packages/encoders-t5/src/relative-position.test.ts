import { describe, expect, test } from "vitest";
import { relativePositionBuckets } from "./relative-position.ts";
import { tensorsOf } from "./testing/files.ts";

// Oracle: transformers' T5Attention._relative_position_bucket, by tooling/golden/t5.py.

describe("relativePositionBuckets", () => {
	test.each([
		[32, 128],
		[16, 20],
	])("gives every distance up to 511 its bucket: %i buckets, %i the largest distance", (buckets, maxDistance) => {
		const expected = tensorsOf("t5.safetensors").get(`buckets.${buckets}.${maxDistance}`)!;
		const found = relativePositionBuckets(512, { buckets, maxDistance });
		expect(found).toEqual(Array.from(expected.data, Number));
	});

	test("of fewer tokens has the middle of what more tokens have", () => {
		const all = relativePositionBuckets(512, { buckets: 32, maxDistance: 128 });
		expect(relativePositionBuckets(77, { buckets: 32, maxDistance: 128 })).toEqual(all.slice(435, -435));
	});
});
