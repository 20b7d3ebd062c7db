import { DownloadError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { gaveUp, Interruption, retrying } from "./retry.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Fails with these errors, one after another, then succeeds; notes when it was tried. */
function task(...errors: Error[]) {
	const tried: number[] = [];
	const start = performance.now();
	const run = async () => {
		tried.push(performance.now() - start);
		const error = errors[tried.length - 1];
		if (error) throw error;
		return "done";
	};
	return { tried, run };
}
const interruptions = (count: number, wait?: number) =>
	Array.from({ length: count }, (_, i) => new Interruption(`fault ${i + 1}`, { retryAfter: wait }));
const asked = { what: "a page", next: "Run this again" };
const tries = (run: () => Promise<string>, signal?: AbortSignal) =>
	retrying(run, { signal }).catch((error: unknown) => Promise.reject(gaveUp(error, asked)));

async function settled<T>(promise: Promise<T>): Promise<T | unknown> {
	const outcome = promise.catch((error: unknown) => error);
	await vi.runAllTimersAsync();
	return outcome;
}

describe("a task that is interrupted", () => {
	test("is tried again after 0.5, 1, 2 and 4 s", async () => {
		const { tried, run } = task(...interruptions(4));
		expect(await settled(tries(run))).toBe("done");
		expect(tried).toEqual([0, 500, 1500, 3500, 7500]);
	});

	test("is tried again after the time that the server asks for", async () => {
		const { tried, run } = task(...interruptions(1, 70_000), ...interruptions(1), ...interruptions(1, 100));
		expect(await settled(tries(run))).toBe("done");
		expect(tried).toEqual([0, 70_000, 71_000, 71_100]);
	});

	test("fails after the fifth attempt, with the last reason", async () => {
		const { tried, run } = task(...interruptions(5));
		const error = await settled(tries(run));
		expect(error).toBeInstanceOf(DownloadError);
		expect(error).toMatchObject({ what: "a page", found: "fault 5", next: "Run this again" });
		expect(tried).toHaveLength(5);
	});

	test("fails at once if it would wait for more than five minutes", async () => {
		const { tried, run } = task(...interruptions(1, 300_001));
		expect(await settled(tries(run))).toMatchObject({ found: "fault 1, to be asked again in 301 s" });
		expect(tried).toHaveLength(1);
	});

	test("throws any other error as it is", async () => {
		const other = new Error("no");
		expect(await settled(tries(task(other).run))).toBe(other);
	});

	test("throws the reason of an abort while it waits", async () => {
		const controller = new AbortController();
		const { tried, run } = task(...interruptions(2));
		const ending = expect(tries(run, controller.signal)).rejects.toBe("enough");
		await vi.advanceTimersByTimeAsync(100);
		controller.abort("enough");
		await ending;
		expect(tried).toHaveLength(1);
	});
});
