import { describe, expect, it } from "vitest";
import type { Pick } from "../../../api/index.ts";
import { ordinal, percent, reasonOf } from "./reasons.ts";

const pick = (rank: number, change: Partial<Pick>): Pick => ({
	entryId: String(rank),
	prompt: `prompt ${rank}`,
	intensity: 1,
	rank,
	weight: 0.5,
	score: 0.5,
	standsFor: 1,
	...change,
});
const picks = [
	pick(0, { prompt: "a blue boat", intensity: 4, score: 2.4, standsFor: 7 }),
	pick(1, { intensity: 2, score: 0.5, nearestBefore: "0", standsFor: 2 }),
	pick(2, { intensity: 5, score: 1.234, nearestBefore: "0" }),
	pick(3, { intensity: 3, score: 0.9 }),
];
const reason = (rank: number) => reasonOf(picks[rank]!, picks, 12);

describe("why a prompt was chosen", () => {
	it("is, for the first, that it is closest to the history on the whole", () => {
		expect(reason(0)).toEqual({
			order: "1st",
			because: "Of all prompts, it is closest to the history on the whole: similarity 0.6 × intensity 4 = 2.4.",
			stands: "It stands for itself and 6 more of 12 prompts.",
		});
	});

	it("is, for the second, how close it is to the first", () => {
		expect(reason(1).because).toContain(
			"closest to the first choice, “a blue boat”: similarity 0.25 × intensity 2 = 0.5",
		);
	});

	it("is, for a later one, how close it is to the choice least like it", () => {
		expect(reason(2).because).toContain(
			"even to the one least like it, “a blue boat”: similarity 0.25 × intensity 5 = 1.23",
		);
		expect(reason(2).stands).toBe("It stands for itself alone.");
	});

	it("is the history on the whole, as long as that says less than the choices before", () => {
		expect(reason(3).because).toBe(
			"Of what was left, it is closest to the history on the whole: similarity 0.3 × intensity 3 = 0.9.",
		);
	});

	it("has no number that is none, for a prompt that was not liked at all", () => {
		const disliked = pick(0, { intensity: 0, score: 0 });
		expect(reasonOf(disliked, [disliked], 1).because).toContain("similarity 0 × intensity 0 = 0");
	});
});

describe("numbers in words", () => {
	it("are ordinals as English has them", () => {
		expect([1, 2, 3, 4, 11, 12, 13, 21, 102].map(ordinal).join(" ")).toBe("1st 2nd 3rd 4th 11th 12th 13th 21st 102nd");
	});

	it("are percents that never round a share to nothing", () => {
		expect([0, 0.001, 0.005, 0.256, 1].map(percent)).toEqual(["0 %", "under 1 %", "1 %", "26 %", "100 %"]);
	});
});
