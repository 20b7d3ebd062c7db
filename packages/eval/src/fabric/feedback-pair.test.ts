import { expect, test } from "vitest";
import { feedbackPair } from "../index.ts";

const picture = (shade: number) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(shade) });
const history = (...intensities: (number | undefined)[]) =>
	intensities.map((intensity, i) => ({ image: picture(i), intensity }));
const shades = ({ liked, disliked }: ReturnType<typeof feedbackPair>) =>
	[liked, disliked].map((pictures) => pictures.map(({ data }) => data[0]));

test.each([
	["the most and the least liked", [3, 5, 1, 4], [[1], [2]]],
	["of equals the latest", [5, 1, 5, 1, 3], [[2], [3]]],
	["the latest alone where all are liked alike", [2, 2, 2], [[2], []]],
	["the latest alone where an intensity is unknown", [5, undefined, 1], [[2], []]],
	["the latest alone where none is known", [undefined, undefined], [[1], []]],
	["nothing of an empty history", [], [[], []]],
])("a pair is %s", (_, intensities, expected) => {
	expect(shades(feedbackPair(history(...intensities)))).toEqual(expected);
});
