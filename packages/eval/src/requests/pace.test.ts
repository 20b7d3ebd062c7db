import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Pace } from "./pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Requests that have passed, by number. */
function requests(pace: Pace, count: number, signal?: AbortSignal) {
	const passed: number[] = [];
	const turns = Array.from({ length: count }, async (_, i) => {
		await pace.turn(signal);
		passed.push(i);
	});
	return { passed, turns };
}

describe("a pace of 20 requests a second", () => {
	test("lets the first pass at once, and then one every 50 ms, in order", async () => {
		const { passed } = requests(new Pace(20), 4);
		const counts: number[] = [];
		for (const wait of [0, 49, 1, 50, 49, 1]) {
			await vi.advanceTimersByTimeAsync(wait);
			counts.push(passed.length);
		}
		expect(counts).toEqual([1, 1, 2, 3, 3, 4]);
		expect(passed).toEqual([0, 1, 2, 3]);
	});

	test("does not make up for time in which none came", async () => {
		const pace = new Pace(20);
		await pace.turn(undefined);
		await vi.advanceTimersByTimeAsync(1000);
		const { passed } = requests(pace, 2);
		await vi.advanceTimersByTimeAsync(49);
		expect(passed).toEqual([0]);
	});

	test("holds all that come later back, when a server asks for it", async () => {
		const pace = new Pace(20);
		pace.hold(3000);
		const { passed } = requests(pace, 2);
		await vi.advanceTimersByTimeAsync(2999);
		expect(passed).toEqual([]);
		await vi.advanceTimersByTimeAsync(51);
		expect(passed).toEqual([0, 1]);
	});

	test("ends with the reason of an abort", async () => {
		const controller = new AbortController();
		const { turns } = requests(new Pace(20), 2, controller.signal);
		const waiting = expect(turns[1]).rejects.toBe("enough");
		controller.abort("enough");
		await waiting;
	});
});
