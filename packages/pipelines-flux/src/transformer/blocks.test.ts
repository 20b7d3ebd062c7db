import { concat, Graph, Session, silu, type Value, Weights } from "@drum/graph";
import { float32, type Tensor } from "@drum/tensor";
import { placeOf, tableSource, tableTensor } from "@drum/test-weights";
import { describe, test } from "vitest";
import { parseFluxConfig } from "../index.ts";
import { expectClose, filling, golden, number, temporaryFolder } from "../testing/fixtures.ts";
import { fluxSingleTransformerBlock, fluxTransformerBlock, type Rotary } from "./blocks.ts";
import { fluxPositions } from "./rotary.ts";

// Oracle: diffusers' blocks of the same names in float32 (tooling/golden/flux.py). The weights are exact in bfloat16 and float16, so a file of any
// type has the same values.

const folder = await temporaryFolder();
const config = parseFluxConfig({}, "FLUX.1");
const [TOKENS, ROWS, COLUMNS] = [24, 6, 8];

const made = (i: number, dims: readonly number[]) => tableTensor(filling.table, placeOf(i), dims, 2);

/** Text and image after the block, as one sequence. */
type Block = (w: Weights, text: Value, image: Value, temb: Value, rotary: Rotary) => Value;

const BLOCKS: Record<keyof typeof golden.blocks, Block> = {
	double: (w, ...inputs) => concat(fluxTransformerBlock(w, config, ...inputs), 1),
	single: (w, text, image, ...rest) => fluxSingleTransformerBlock(w, config, concat([text, image], 1), ...rest),
};

describe.each(["double", "single"] as const)("a %s block of FLUX.1's width", (kind) => {
	test.each(["float32", "float16", "bfloat16"] as const)("from weights of %s", async (type) => {
		const feeds = {
			text: made(100, [1, TOKENS, config.width]),
			image: made(101, [1, ROWS * COLUMNS, config.width]),
			embedding: made(102, [1, config.width]),
			...fluxPositions(TOKENS, ROWS, COLUMNS, config.axes_dims_rope),
		};
		const graph = new Graph({ name: kind });
		const input = (name: keyof typeof feeds) => graph.input(name, "float32", feeds[name].dims);
		const weights = new Weights(graph, await tableSource(folder, golden.blocks[kind], type, filling));
		const [text, image, embedding] = [input("text"), input("image"), input("embedding")];
		const both = BLOCKS[kind](weights, text, image, silu(embedding), { cos: input("cos"), sin: input("sin") });
		await using session = await Session.create(graph.build({ both }));
		const found = await session.run(feeds);
		expectClose(some(found.both!, 7, 48), number(`${kind}.output`), type);
	});
});

/** Every `row`th row and every `column`th column of `[1, rows, columns]`. */
function some({ data, dims }: Tensor<"float32">, row: number, column: number): Tensor<"float32"> {
	const [, , width] = dims as [number, number, number];
	const counts = [Math.ceil(dims[1]! / row), Math.ceil(width / column)] as const;
	const kept = Float32Array.from({ length: counts[0] * counts[1] }, (_, i) => {
		return data[Math.floor(i / counts[1]) * row * width + (i % counts[1]) * column]!;
	});
	return float32(kept, [1, ...counts]);
}
