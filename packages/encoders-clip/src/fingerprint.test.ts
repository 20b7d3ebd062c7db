import { rm } from "node:fs/promises";
import { FileError, float32, type Tensor } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { configOf, encoderOf, type Tensors, tensorsOf, weightsOf, writing } from "./testing/checkpoints.ts";

const { write } = await writing();

/** All numbers of a tensor enlarged by a thousandth, as after some training. */
function trained({ data, dims }: Tensor): Tensor {
	return float32(
		(data as Float32Array).map((value) => value * 1.001 + 1e-6),
		dims,
	);
}

async function fingerprint(tensors: Tensors, config: Record<string, unknown> = configOf("projected")): Promise<string> {
	return (await encoderOf("projected", { weights: await write(tensors), config })).fingerprint;
}

describe("the fingerprint", async () => {
	const tensors = await tensorsOf(await weightsOf("projected"));
	const same = await fingerprint(tensors);

	it("is the same for the same weights in another file, in another order, without the prefix", async () => {
		expect(await fingerprint(tensors)).toBe(same);
		expect(await fingerprint(Object.fromEntries(Object.entries(tensors).reverse()))).toBe(same);
		const bare = Object.entries(tensors).map(([name, tensor]) => [name.replace(/^text_model\./, ""), tensor]);
		expect(await fingerprint(Object.fromEntries(bare))).toBe(same);
	});

	it("ignores tensors that text encoding does not use", async () => {
		const position_ids = { type: "int64", dims: [1, 77], data: new BigInt64Array(77) } as const;
		const more = {
			"vision_model.embeddings.class_embedding": float32(new Float32Array(8), [8]),
			logit_scale: float32(Float32Array.of(4), []),
		};
		expect(await fingerprint({ ...tensors, ...more, "text_model.embeddings.position_ids": position_ids })).toBe(same);
	});

	it.each(Object.keys(tensors))("differs if only %s was trained further", async (name) => {
		expect(await fingerprint({ ...tensors, [name]: trained(tensors[name]!) })).not.toBe(same);
	});

	it("differs for other settings over the same weights", async () => {
		expect(await fingerprint(tensors, { ...configOf("projected"), hidden_act: "gelu" })).not.toBe(same);
		expect(await fingerprint(tensors, { ...configOf("projected"), num_attention_heads: 2 })).not.toBe(same);
	});

	it("differs between models, and between a model and its halved weights", async () => {
		const halved = await encoderOf("sd1", { weights: await weightsOf("sd1", ".fp16") });
		const all = [same, halved.fingerprint, (await encoderOf("sd1")).fingerprint, (await encoderOf("sd2")).fingerprint];
		expect(new Set(all).size).toBe(4);
	});

	it("differs if only a large matrix was trained further", async () => {
		const rows = 4096;
		const table = "text_model.embeddings.token_embedding.weight";
		const data = Float32Array.from({ length: rows * 32 }, (_, i) => Math.sin(i));
		const large = { ...tensors, [table]: float32(data, [rows, 32]) };
		const config = { ...configOf("projected"), vocab_size: rows };
		const before = await fingerprint(large, config);
		expect(await fingerprint({ ...large, [table]: trained(large[table]!) }, config)).not.toBe(before);
	});

	it("fails with the error of a missing file", async () => {
		const weights = await write(tensors);
		await rm(weights.name);
		await expect(encoderOf("projected", { weights })).rejects.toBeInstanceOf(FileError);
	});
});
