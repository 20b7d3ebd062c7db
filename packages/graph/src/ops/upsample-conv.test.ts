import { Graph, Session, upsampleNearest2x } from "@drum/graph";
import { expect, test } from "vitest";
import { conv2d } from "./conv.ts";
import { upsampleConv2d as upsampleConv2dOp } from "./upsample-conv.ts";

const ramp = (size: number, seed: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 1.7));

test("convolving the parities of a doubled picture is doubling it and convolving, of which both are built here", async () => {
	const graph = new Graph({ name: "upsample" });
	const x = graph.input("x", "float32", ["batch", 3, 4, 5]);
	const weight = graph.constant(ramp(6 * 3 * 9, 1), [6, 3, 3, 3]);
	const bias = graph.constant(ramp(6, 2), [6]);
	const outputs = {
		parities: upsampleConv2dOp(x, weight, bias),
		doubled: conv2d(upsampleNearest2x(x), weight, bias, { padding: 1 }),
	};
	await using session = await Session.create(graph.build(outputs));
	const { parities, doubled } = await session.run({ x: { type: "float32", dims: [2, 3, 4, 5], data: ramp(120, 3) } });
	expect(parities!.dims).toEqual([2, 6, 8, 10]);
	expect(parities!.dims).toEqual(doubled!.dims);
	for (const [i, value] of doubled!.data.entries()) expect(parities!.data[i]).toBeCloseTo(value, 5);
});
