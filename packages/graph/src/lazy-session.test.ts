import { float32 } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { LazySession } from "./index.ts";
import { row, sumGraph, vector } from "./testing/sum.ts";

const reason = new Error("enough");
const run = (lazy: LazySession, signal?: AbortSignal) =>
	lazy.use(async (session) => (await session.run({ x: row(1, 2), y: vector(10, 20) })).z, { signal });
const SUM = float32(Float32Array.of(11, 22), [1, 2]);

/** A session whose graph is built when the test says so. */
function waiting() {
	const builds: { signal: AbortSignal; go: () => void }[] = [];
	const lazy = new LazySession(async (signal) => {
		await new Promise<void>((go) => builds.push({ signal, go }));
		signal.throwIfAborted();
		return sumGraph();
	});
	return { lazy, builds };
}

describe("a LazySession", () => {
	it("is built once for all that wait, again after a release", async () => {
		const { lazy, builds } = waiting();
		const all = Promise.all([run(lazy), run(lazy)]);
		builds[0]!.go();
		expect(await all).toEqual([SUM, SUM]);
		expect(await run(lazy)).toEqual(SUM);
		expect(builds).toHaveLength(1);
		await lazy.release();
		const again = run(lazy);
		builds[1]!.go();
		expect(await again).toEqual(SUM);
		await lazy.release();
	});

	it("lets one that waits go, and is built for the others", async () => {
		const { lazy, builds } = waiting();
		const control = new AbortController();
		const [gone, stays] = [run(lazy, control.signal), run(lazy)];
		control.abort(reason);
		await expect(gone).rejects.toBe(reason);
		expect(builds[0]!.signal.aborted).toBe(false);
		builds[0]!.go();
		expect(await stays).toEqual(SUM);
		await lazy.release();
	});

	it("is not built when all that waited have gone, but anew for the next, once that has ended", async () => {
		const { lazy, builds } = waiting();
		const controls = [new AbortController(), new AbortController()];
		const gone = Promise.allSettled(controls.map(({ signal }) => run(lazy, signal)));
		for (const control of controls) control.abort(reason);
		expect((await gone).map((each) => each.status === "rejected" && each.reason)).toEqual([reason, reason]);
		expect(builds[0]!.signal.reason).toBe(reason);
		const next = run(lazy);
		await new Promise(setImmediate);
		expect(builds).toHaveLength(1);
		builds[0]!.go();
		await expect.poll(() => builds.length).toBe(2);
		builds[1]!.go();
		expect(await next).toEqual(SUM);
		await lazy.release();
	});

	it("does not begin for a signal that has fired, and stays when one fires later", async () => {
		const { lazy, builds } = waiting();
		await expect(run(lazy, AbortSignal.abort(reason))).rejects.toBe(reason);
		expect(builds).toHaveLength(0);
		const control = new AbortController();
		const first = run(lazy, control.signal);
		builds[0]!.go();
		expect(await first).toEqual(SUM);
		control.abort(reason);
		expect(await run(lazy)).toEqual(SUM);
		expect(builds).toHaveLength(1);
		await lazy.release();
	});

	it("tells all that wait of a build that fails, and is built again for the next", async () => {
		let builds = 0;
		const lazy = new LazySession(() => {
			if (builds++ === 0) throw reason;
			return sumGraph();
		});
		const all = await Promise.allSettled([run(lazy), run(lazy)]);
		expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
		expect(await run(lazy)).toEqual(SUM);
		await lazy.release();
	});
});
