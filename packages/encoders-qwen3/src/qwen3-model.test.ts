import { Graph, Session, Weights } from "@drum/graph";
import type { Tensor } from "@drum/tensor";
import { expectClose } from "@drum/test-weights";
import { expect, test, vi } from "vitest";
import { attentionMask } from "./attention-mask.ts";
import { parseQwen3Config } from "./config.ts";
import { qwen3Model } from "./qwen3-model.ts";
import { tinyModel } from "./testing/files.ts";

const { config: json, weights } = await tinyModel();
const config = parseQwen3Config(json, "config.json");
const TOKENS = 12;

function build(precision: "float32" | "float16") {
	const graph = new Graph({ name: precision, precision });
	const ids = graph.input("input_ids", "int64", [1, "tokens"]);
	const places = graph.input("places", "int64", ["tokens"]);
	const mask = graph.input("mask", "float32", [1, 1, "tokens", "tokens"]);
	const node = vi.spyOn(graph, "node");
	const rows = qwen3Model(new Weights(graph, weights), config, { ids, places, mask, mostTokens: 16 }, [2, 5]);
	return { graph, rows, node };
}

test("a float16 graph is close to the float32 graph", async () => {
	const places = BigInt64Array.from({ length: TOKENS }, (_, i) => BigInt(i));
	const feeds = {
		input_ids: { type: "int64", dims: [1, TOKENS], data: places.map((i) => i * 31n) },
		places: { type: "int64", dims: [TOKENS], data: places },
		mask: attentionMask(TOKENS, 9),
	} as const;
	const run = async (precision: "float32" | "float16") => {
		const { graph, rows } = build(precision);
		await using session = await Session.create(graph.build({ rows }));
		return (await session.run(feeds)).rows as Tensor<"float32">;
	};
	const error = expectClose(await run("float16"), await run("float32"), { absolute: 5e-2, relative: 2e-2 });
	expect(error).toBeGreaterThan(0);
});

// The CPU computes some float16 operators in float32, so this test would not see an overflow. So it checks the types.
test("a float16 graph has float32 sums, norms of them and last products, and float16 attention", () => {
	const { node } = build("float16");
	const types = (op: string, widths?: number) =>
		node.mock.calls
			.filter(([name, [x]]) => name === op && (widths === undefined || x?.dims.at(-1) === widths))
			.map(([, inputs]) => new Set(inputs.map((x) => x?.type)));
	const full = new Set(["float32"]);
	expect(types("Add", config.hidden_size)).toEqual(new Array(10).fill(full));
	expect(types("SimplifiedLayerNormalization", config.hidden_size)).toEqual(new Array(11).fill(full));
	expect(types("Gemm").filter((inputs) => inputs.has("float32"))).toEqual(new Array(5).fill(full));
	expect(types("Gemm")).toHaveLength(35);
	expect(types("MultiHeadAttention")).toEqual(new Array(5).fill(new Set(["float16", undefined])));
});
