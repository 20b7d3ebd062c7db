import { join } from "node:path";
import { float32, float32ToFloat16, type Tensor } from "@drum/tensor";
import { expect, it } from "vitest";
import { embedding, extendedEmbedding, Weights } from "./index.ts";
import { runGraph } from "./testing/run.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

const folder = await temporaryFolder();
const TABLE = float32(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
const IDS: Tensor<"int64"> = { type: "int64", dims: [2, 3], data: BigInt64Array.of(0n, 3n, 4n, 5n, 2n, 3n) };

it("a table's rows, and behind them those of other files, one or several, in any type", async () => {
	const table = await checkpointOf(join(folder, "table.safetensors"), { "wte.weight": TABLE });
	const one = await checkpointOf(join(folder, "one.safetensors"), { "<one>": float32(Float32Array.of(10, 20), [2]) });
	const halves = { type: "float16", dims: [2, 2], data: float32ToFloat16(Float32Array.of(30, 40, 50, 60)) } as const;
	const two = await checkpointOf(join(folder, "two.safetensors"), { emb_params: halves });
	const found = await runGraph({ ids: IDS }, (graph) => {
		const w = new Weights(graph, table).at("wte");
		const ids = graph.input("ids", "int64", ["batch", 3]);
		const more = [
			{ source: one, tensor: "<one>" },
			{ source: two, tensor: "emb_params" },
		];
		return { rows: extendedEmbedding(w, ids, 3, 2, more) };
	});
	expect(found.rows).toEqual(float32(Float32Array.of(1, 2, 10, 20, 30, 40, 50, 60, 5, 6, 10, 20), [2, 3, 2]));
});

it("without others, the embedding as it is", async () => {
	const table = await checkpointOf(join(folder, "alone.safetensors"), { "wte.weight": TABLE });
	const ids: Tensor<"int64"> = { type: "int64", dims: [1, 2], data: BigInt64Array.of(2n, 0n) };
	const found = await runGraph({ ids }, (graph) => {
		const w = new Weights(graph, table).at("wte");
		const input = graph.input("ids", "int64", [1, 2]);
		return { rows: extendedEmbedding(w, input, 3, 2, []), same: embedding(w, input, 3, 2) };
	});
	expect(found.rows).toEqual(found.same);
	expect([...found.rows!.data]).toEqual([5, 6, 1, 2]);
});
