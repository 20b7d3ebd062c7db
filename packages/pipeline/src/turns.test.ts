import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Turns } from "./turns.ts";

/** A task that ends when the test calls its function. */
function task() {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	let begun = false;
	const run = () => {
		begun = true;
		return promise;
	};
	return { run, end: resolve, fail: reject, begun: () => begun };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("Turns", () => {
	test("runs one task after another, in the order of the calls", async () => {
		const turns = new Turns();
		const tasks = [task(), task(), task()];
		const results = tasks.map(({ run }) => turns.take({}, run));
		await settled();
		expect(tasks.map((each) => each.begun())).toEqual([true, false, false]);
		tasks[0]!.end("a");
		await settled();
		expect(tasks.map((each) => each.begun())).toEqual([true, true, false]);
		tasks[1]!.fail(new Error("b"));
		tasks[2]!.end("c");
		expect(await Promise.allSettled(results)).toEqual([
			{ status: "fulfilled", value: "a" },
			{ status: "rejected", reason: new Error("b") },
			{ status: "fulfilled", value: "c" },
		]);
	});

	test("lets callers take turns, and keeps the order of each caller's calls", async () => {
		const turns = new Turns();
		const order: string[] = [];
		const calls = ["a1", "a2", "a3", "b1", "c1", "b2"].map((name) =>
			turns.take({ caller: name[0] }, async () => void order.push(name)),
		);
		await Promise.all(calls);
		expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
	});

	test("reports a call's place when it waits, and when the place changes", async () => {
		const turns = new Turns();
		const places: Record<string, number[]> = { a: [], b: [], c: [] };
		const running = task();
		const first = turns.take({ onPlace: () => expect.fail("does not wait") }, running.run);
		const waiting = Object.entries(places).map(([name, told]) =>
			turns.take({ caller: name, onPlace: (place) => told.push(place) }, async () => {}),
		);
		const alsoA = turns.take({ caller: "a" }, async () => {});
		running.end("");
		await Promise.all([first, ...waiting, alsoA]);
		expect(places).toEqual({ a: [1], b: [2, 1], c: [3, 2, 1] });
	});

	test("a call that is cancelled while it waits ends at once and never runs", async () => {
		const turns = new Turns();
		const [running, next] = [task(), task()];
		const first = turns.take({}, running.run);
		const controller = new AbortController();
		const cancelled = turns.take({ signal: controller.signal }, () => expect.fail("was cancelled"));
		const places: number[] = [];
		const second = turns.take({ onPlace: (place) => places.push(place) }, next.run);
		controller.abort(new Error("stop"));
		await expect(cancelled).rejects.toThrow("stop");
		expect(places).toEqual([2, 1]);
		running.end("");
		next.end("");
		await Promise.all([first, second]);
		await expect(turns.take({ signal: controller.signal }, next.run)).rejects.toThrow("stop");
	});

	test("a callback that fails ends its own call, and the others continue", async () => {
		const turns = new Turns();
		const running = task();
		const first = turns.take({}, running.run);
		const onPlace = () => {
			throw new Error("callback");
		};
		const failing = turns.take({ onPlace }, () => expect.fail("has ended"));
		await expect(failing).rejects.toThrow("callback");
		const second = turns.take({}, async () => "second");
		running.end("first");
		expect(await Promise.all([first, second])).toEqual(["first", "second"]);
	});

	test("a call from inside a turn does not wait for it, but a call that is made there and runs later does", async () => {
		const turns = new Turns();
		expect(await turns.take({}, () => turns.take({}, async () => "within"))).toBe("within");

		const later = task();
		const [other, last] = [task(), task()];
		let left: Promise<string> | undefined;
		await turns.take({}, async () => {
			left = later.run().then(() => turns.take({}, last.run));
		});
		const holding = turns.take({}, other.run);
		later.end("");
		await settled();
		expect(last.begun()).toBe(false);
		other.end("");
		last.end("done");
		await holding;
		expect(await left).toBe("done");
	});

	test("each task runs once, and never together with another, for any callers", async () => {
		const call = fc.record({ caller: fc.constantFrom("a", "b", "c"), fails: fc.boolean(), cancelled: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
				const turns = new Turns();
				let running = 0;
				let runs = 0;
				const made = calls.map(({ caller, fails, cancelled }) => {
					const controller = new AbortController();
					const result = turns.take({ caller, signal: controller.signal }, async () => {
						runs++;
						expect(++running).toBe(1);
						await settled();
						running--;
						if (fails) throw new Error("failed");
					});
					if (cancelled) controller.abort(new Error("cancelled"));
					return result;
				});
				const results = await Promise.allSettled(made);
				const ended = results.map((each) => (each.status === "rejected" ? (each.reason as Error).message : "done"));
				// The first call begins at once, so it cannot be cancelled while it waits.
				expect(ended).toEqual(
					calls.map(({ fails, cancelled }, i) => (cancelled && i > 0 ? "cancelled" : fails ? "failed" : "done")),
				);
				expect(runs).toBe(ended.filter((end) => end !== "cancelled").length);
			}),
		);
	});
});
