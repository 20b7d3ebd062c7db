import { add, Graph, Session } from "@drum/graph";
import { float32 } from "@drum/tensor";
import { expect, test } from "vitest";
import { withinFloat16 } from "../index.ts";

async function doubled(precision: "float32" | "float16") {
	const graph = new Graph({ name: precision, precision });
	const x = graph.input("x", "float32", ["tokens"]);
	await using session = await Session.create(graph.build({ y: withinFloat16(add(x, x)) }));
	const { y } = await session.run({ x: float32(Float32Array.of(60_000, -60_000, 1.5), [3]) });
	return [...y!.data];
}

test("sums beyond float16's range end at its largest numbers in a float16 graph, and are what they are in a float32 graph", async () => {
	expect(await doubled("float16")).toEqual([65_504, -65_504, 3]);
	expect(await doubled("float32")).toEqual([120_000, -120_000, 3]);
});
