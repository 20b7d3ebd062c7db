import { describe, expect, it } from "vitest";
import type { Job, JobProgress } from "../../../api/index.ts";
import { progressWords } from "./progress-words.ts";

const drawing = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0, 0.3] } as const;
const job = (change: Partial<Job>): Job => ({
	id: "1",
	version: 1,
	status: "running",
	request: { ...drawing, alphas: [...drawing.alphas] },
	pictures: [],
	warnings: [],
	createdAt: "2026-01-01T00:00:00Z",
	...change,
});
const at = (progress: JobProgress) => progressWords(job({ progress }));

describe("progress in words", () => {
	it("tells how many jobs are before one that waits", () => {
		expect(progressWords(job({ status: "queued", ahead: 1 }))).toMatchObject({
			text: "Waiting: 1 job ahead",
			share: undefined,
		});
		expect(progressWords(job({ status: "queued", ahead: 3 })).text).toBe("Waiting: 3 jobs ahead");
		expect(progressWords(job({ status: "queued", ahead: 0 })).text).toBe("Waiting to begin");
	});

	it("tells station, step and picture", () => {
		expect(at({ station: "embeddings", done: 32, total: 64 }).text).toBe("Reading the history: 32 of 64 prompts");
		expect(at({ station: "steps", done: 7, total: 25, picture: 1 }).text).toBe("Drawing picture 2 of 2: step 7 of 25");
		expect(at({ station: "download", done: 1, total: 4 }).text).toBe("Fetching the model: 25 %");
	});

	it("never goes back from station to station, and ends at all of it", () => {
		const way: JobProgress[] = [
			{ station: "download", done: 1, total: 1 },
			{ station: "embeddings", done: 0, total: 8 },
			{ station: "embeddings", done: 8, total: 8 },
			{ station: "coreset", done: 1, total: 1 },
			{ station: "profile", done: 2, total: 2 },
			{ station: "steps", done: 1, total: 4, picture: 0 },
			{ station: "steps", done: 4, total: 4, picture: 0 },
			{ station: "steps", done: 1, total: 4, picture: 1 },
			{ station: "steps", done: 4, total: 4, picture: 1 },
		];
		const shares = way.map((progress) => at(progress).share!);
		expect(shares).toEqual([...shares].sort((a, b) => a - b));
		expect(shares.at(-1)).toBeCloseTo(1);
		const profile = job({ request: { kind: "profile", model: "tiny", historyId: "1" }, progress: way[4]! });
		expect(progressWords(profile).share).toBeCloseTo(1);
	});

	it("has the same station for all steps of a picture, so that it is said once", () => {
		const step = (done: number) => at({ station: "steps", done, total: 25, picture: 0 }).station;
		expect(step(1)).toBe(step(25));
	});
});
