import { float32 } from "@drum/tensor";
import { expect, it } from "vitest";
import { add, type BuiltGraph, Graph, SizedSession } from "./index.ts";

/** `y` = x + 1 of one size. */
function graphOf(height: number, width: number): BuiltGraph {
	const graph = new Graph({ name: "sized" });
	return graph.build({ y: add(graph.input("x", "float32", [height, width]), 1) });
}

const run = (session: SizedSession, height: number, width: number) =>
	session.run(height, width, { x: float32(new Float32Array(height * width), [height, width]) });

it("a SizedSession waits for the graph of each new size, and keeps the last", async () => {
	const built: string[] = [];
	const session = new SizedSession(async (height, width) => {
		built.push(`${height}×${width}`);
		return graphOf(height, width);
	});
	const results = await Promise.all([run(session, 2, 3), run(session, 2, 3), run(session, 1, 2), run(session, 2, 3)]);
	expect(results.map(({ y }) => y!.dims)).toEqual([
		[2, 3],
		[2, 3],
		[1, 2],
		[2, 3],
	]);
	expect(results.flatMap(({ y }) => [...y!.data]).every((value) => value === 1)).toBe(true);
	expect(built).toEqual(["2×3", "1×2", "2×3"]);
	await session.release();
});

it("a SizedSession's build has the caller's signal, and another call builds anew", async () => {
	const control = new AbortController();
	const reason = new Error("enough");
	let builds = 0;
	const session = new SizedSession(async (height, width, signal) => {
		if (builds++ === 0) control.abort(reason);
		signal?.throwIfAborted();
		return graphOf(height, width);
	});
	await expect(session.prepare(1, 1, { signal: control.signal })).rejects.toBe(reason);
	expect((await run(session, 1, 1)).y!.data).toEqual(Float32Array.of(1));
	await session.release();
});
