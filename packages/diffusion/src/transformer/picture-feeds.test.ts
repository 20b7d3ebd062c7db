import { float32, sizeOf } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { type DenoiserFeeds, joinRows, pictureFeeds } from "../index.ts";

const shapes = { channels: 4, multiple: 2, width: 3, pooledWidth: 2 };
const counting = (dims: number[], from = 0) =>
	float32(
		Float32Array.from({ length: sizeOf(dims) }, (_, i) => from + i),
		dims,
	);
const feeds = (): DenoiserFeeds => ({
	sample: counting([2, 4, 2, 6]),
	timestep: 500,
	encoderHiddenStates: counting([4, 5, 3], 1000),
	pooledProjections: counting([4, 2], 2000),
});

test("every picture is seen under every condition of its own, all pictures under the first condition first", () => {
	const runs = pictureFeeds(shapes, feeds());
	const seen = runs.map((pictures) =>
		pictures.map((one) => [one.sample.data[0], one.encoderHiddenStates.data[0], one.pooledProjections!.data[0]]),
	);
	expect(seen).toEqual([
		[
			[0, 1000, 2000],
			[48, 1015, 2002],
		],
		[
			[0, 1030, 2004],
			[48, 1045, 2006],
		],
	]);
	const { sample, encoderHiddenStates, pooledProjections } = runs[0]![1]!;
	expect([sample.dims, encoderHiddenStates.dims, pooledProjections!.dims]).toEqual([
		[1, 4, 2, 6],
		[1, 5, 3],
		[1, 2],
	]);
});

test("rows of several predictions are one tensor's", () => {
	expect(joinRows([counting([1, 2, 3]), counting([2, 2, 3], 6)])).toEqual(counting([3, 2, 3]));
	const one = counting([2, 3]);
	expect(joinRows([one])).toBe(one);
});

describe("what does not fit is refused before anything is predicted", () => {
	test.each<[string, Partial<DenoiserFeeds>, RegExp]>([
		[
			"other channels",
			{ sample: counting([2, 3, 2, 6]) },
			/sample: expected \[any, 4, any, any\], found \[2, 3, 2, 6\]/,
		],
		["no pictures", { sample: counting([0, 4, 2, 6]) }, /sample: expected \[any, 4/],
		["an odd extent", { sample: counting([2, 4, 2, 5]) }, /sample: expected .* multiples of 2, found 2 × 5/],
		["a shape that is not the data's", { sample: float32(new Float32Array(7), [2, 4, 2, 6]) }, /sample: .*found 7/],
		["a condition of another width", { encoderHiddenStates: counting([4, 5, 4]) }, /encoderHiddenStates.*any, any, 3/],
		["conditions for another batch", { encoderHiddenStates: counting([3, 5, 3]) }, /each of 2 pictures, found 3/],
		["no pooled condition", { pooledProjections: undefined }, /pooledProjections: expected \[4, 2\], found none/],
		["pooled conditions for some", { pooledProjections: counting([2, 2]) }, /pooledProjections: expected \[4, 2\]/],
		["no time", { timestep: Number.NaN }, /timestep: expected a finite number, found NaN/],
	])("%s", (_, wrong, message) => {
		const reading = () => pictureFeeds(shapes, { ...feeds(), ...wrong });
		expect(reading).toThrow(message);
		expect(reading).toThrow(expect.objectContaining({ code: "argument" }));
	});
});
