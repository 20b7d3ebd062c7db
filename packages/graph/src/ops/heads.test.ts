import { Graph, repeatHeads, Session } from "@drum/graph";
import { expect, test } from "vitest";

test("heads that share keys have them side by side, in the order of the keys", async () => {
	const graph = new Graph({ name: "heads" });
	const keys = graph.input("keys", "float32", ["batch", "rows", 4]);
	const outputs = { three: repeatHeads(keys, 2, 3), one: repeatHeads(keys, 2, 1) };
	await using session = await Session.create(graph.build(outputs));
	const { three, one } = await session.run({
		keys: { type: "float32", dims: [1, 2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
	});
	expect(three!.dims).toEqual([1, 2, 12]);
	expect([...three!.data]).toEqual([1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 5, 6, 5, 6, 5, 6, 7, 8, 7, 8, 7, 8]);
	expect([...one!.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
