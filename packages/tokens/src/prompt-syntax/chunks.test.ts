import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { chunksOf, type WeightedIds } from "./chunks.ts";

const COMMA = 0;
const text = (...ids: number[]): WeightedIds => ({ ids, weight: 1, isBreak: false });
const BREAK: WeightedIds = { ids: [], weight: -1, isBreak: true };
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const idsOf = (parts: WeightedIds[], room: number) => chunksOf(parts, room, COMMA).map(({ ids }) => ids);

describe("chunksOf", () => {
	it("an empty prompt is one empty chunk", () => {
		expect(chunksOf([], 75)).toEqual([{ ids: [], weights: [] }]);
	});

	it("no chunk follows a full one if there are no more ids", () => {
		expect(idsOf([text(...upTo(3))], 3)).toEqual([[1, 2, 3]]);
		expect(idsOf([text(...upTo(4))], 3)).toEqual([[1, 2, 3], [4]]);
	});

	it("at most 20 ids after the last comma move to the next chunk", () => {
		expect(idsOf([text(1, COMMA, 2, 3)], 3)).toEqual([
			[1, COMMA],
			[2, 3],
		]);
		const [first, second] = idsOf([text(COMMA, ...upTo(22))], 22);
		expect([first!.length, second!.length]).toEqual([22, 1]);
		expect(idsOf([text(COMMA, ...upTo(20))], 20)[0]).toEqual([COMMA]);
	});

	it("a break ends a chunk, even an empty one", () => {
		expect(idsOf([text(1), BREAK, BREAK, text(2)], 3)).toEqual([[1], [], [2]]);
		expect(idsOf([BREAK], 3)).toEqual([[]]);
	});
});

test("ids keep their order and weights, and no chunk is too long", () => {
	const part = fc.record({
		ids: fc.array(fc.nat(5), { maxLength: 60 }),
		weight: fc.constantFrom(1, 1.1, 0.5),
		isBreak: fc.constant(false),
	});
	fc.assert(
		fc.property(fc.array(part), fc.integer({ min: 1, max: 75 }), (parts, room) => {
			const chunks = chunksOf(parts, room, COMMA);
			const flat = parts.flatMap(({ ids, weight }) => ids.map((id) => [id, weight]));
			expect(chunks.flatMap(({ ids, weights }) => ids.map((id, i) => [id, weights[i]]))).toEqual(flat);
			for (const { ids } of chunks) expect(ids.length).toBeLessThanOrEqual(room);
		}),
	);
});
