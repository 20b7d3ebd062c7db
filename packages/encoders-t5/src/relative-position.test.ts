import { describe, expect, test } from "vitest";
import { relativePositionBuckets } from "./relative-position.ts";
import { tensorsOf } from "./testing/files.ts";

// Oracle: transformers' T5Attention._relative_position_bucket, by tooling/golden/t5.py.

describe("relativePositionBuckets", () => {
	test.each([
		[32, 128],
		[16, 20],
	])(
		"gives each distance up to 511 its bucket, with %i buckets and the largest distance %i",
		(buckets, maxDistance) => {
			const expected = tensorsOf("t5.safetensors").get(`buckets.${buckets}.${maxDistance}`)!;
			const found = relativePositionBuckets(512, { buckets, maxDistance });
			expect(found).toEqual(Array.from(expected.data, Number));
		},
	);

	test("of fewer tokens are the middle of those of more tokens", () => {
		const all = relativePositionBuckets(512, { buckets: 32, maxDistance: 128 });
		expect(relativePositionBuckets(77, { buckets: 32, maxDistance: 128 })).toEqual(all.slice(435, -435));
	});
});
