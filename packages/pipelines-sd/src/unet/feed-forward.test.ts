import { fileURLToPath } from "node:url";
import { Graph, Session, Weights } from "@drum/graph";
import { Checkpoint } from "@drum/tensor/node";
import { expect, test } from "vitest";
import { feedForward } from "./transformer-2d.ts";

test("the feed-forward gives the same in several parts as for all tokens at once", async () => {
	const path = "../../../../test/golden/fixtures/sd1/unet/diffusion_pytorch_model.safetensors";
	const checkpoint = await Checkpoint.open(fileURLToPath(new URL(path, import.meta.url)));
	const [tokens, width] = [24_000, 16];
	const run = async (dims: number[]) => {
		const graph = new Graph({ name: "ff" });
		const w = new Weights(graph, checkpoint).at("down_blocks", 0, "attentions", 0, "transformer_blocks", 0, "ff");
		const built = graph.build({ y: feedForward(w, graph.input("x", "float32", dims)) });
		await using session = await Session.create(built);
		const data = Float32Array.from({ length: tokens * width }, (_, i) => Math.sin(i * 1.3));
		const { y } = await session.run({ x: { type: "float32", dims, data } });
		return { split: built.operators.has("Split float32"), y: y! };
	};
	const [large, small] = [await run([1, tokens, width]), await run([2, tokens / 2, width])];
	expect([large.split, small.split]).toEqual([true, false]);
	expect(large.y.dims).toEqual([1, tokens, width]);
	expect(small.y.data.findIndex((value, i) => !(Math.abs(value - large.y.data[i]!) <= 1e-5))).toBe(-1);
});
