import { float32 } from "@drum/tensor";
import { add, type BuiltGraph, Graph, matmul, mul } from "../index.ts";

/** `z` = x + y: x `[batch, 2]`, y `[2]`. */
export function sumGraph(): BuiltGraph {
	const graph = new Graph({ name: "sum" });
	return graph.build({ z: add(graph.input("x", "float32", ["batch", 2]), graph.input("y", "float32", [2])) });
}

/** `z` = x · x · …, `times` times over a matrix of `size` × `size`: works long on little memory. */
export function slowGraph(size: number, times: number): BuiltGraph {
	const graph = new Graph({ name: "slow" });
	const x = graph.input("x", "float32", [size, size]);
	let z = x;
	for (let i = 0; i < times; i++) z = mul(matmul(z, x), 1 / size);
	return graph.build({ z });
}

export const row = (...values: number[]) => float32(Float32Array.from(values), [1, values.length]);
export const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
export const ones = (size: number) => float32(new Float32Array(size * size).fill(1), [size, size]);
