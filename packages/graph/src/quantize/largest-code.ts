import { float32 } from "@drum/tensor";
import { Graph } from "../graph.ts";
import { Session } from "../session.ts";

/** Two products of a code of 8 bits without a sign and one with a sign. */
const PAIRS = 64;
const EIGHT_BITS = 127;
/** Twice 255 · 63 is the most that 16 bits with a sign hold. */
const SEVEN_BITS = 63;

let known: Promise<number> | undefined;

/**
 * The largest code that weights in int8 may have here. x86 processors without VNNI add two products in 16 bits, which two of
 * 255 · 127 overflow without a sign of it: asked once per process, by such products.
 */
export function largestCode(): Promise<number> {
	known ??= trial();
	return known;
}

async function trial(): Promise<number> {
	const graph = new Graph({ name: "int8 trial" });
	const dims = [PAIRS, PAIRS];
	const x = graph.input("x", "float32", dims);
	const weight = graph.whileLoading(() => {
		const codes = graph.node("Expand", [graph.scalar(EIGHT_BITS), graph.integers(dims)], { dims });
		return graph.node("Cast", [codes], { dims, type: "int8" }, { to: { type: "int8" } });
	});
	const y = graph.node("DynamicQuantizeMatMul", [x, weight, graph.scalar(1)], { dims }, {}, "com.microsoft");
	await using session = await Session.create(graph.build({ y }), { threads: 1 });
	const results = await session.run({ x: float32(new Float32Array(PAIRS ** 2).fill(255), dims) });
	return largestOf(results.y!.data);
}

/** By the sums of `PAIRS` products of 255 and 127. */
export function largestOf(sums: Float32Array): number {
	const right = PAIRS * 255 * EIGHT_BITS;
	return sums.every((sum) => Math.abs(sum - right) < 1e-3 * right) ? EIGHT_BITS : SEVEN_BITS;
}
