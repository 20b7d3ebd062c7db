import { float32, type Tensor } from "@drum/tensor";
import { expectClose } from "@drum/test-weights";
import { expect, test } from "vitest";
import { rotaryTable } from "./rotary-table.ts";
import { tensorsOf } from "./testing/files.ts";

// Oracle: transformers' Qwen3RotaryEmbedding at Qwen3-4B's settings, every 73rd of 512 places, by tooling/golden/qwen3.py.

test.each(["cos", "sin"] as const)("%s of each position's angles, up to the last that a pipeline uses", (name) => {
	const golden = tensorsOf("qwen3.safetensors").get(`rotary.${name}`) as Tensor<"float32">;
	const { [name]: table } = rotaryTable(512, 128, 1e6);
	const rows = table.filter((_, i) => Math.floor(i / 64) % 73 === 0);
	expect(golden.dims).toEqual([8, 64]);
	expectClose(float32(rows, [8, 64]), golden, { absolute: 1e-6, relative: 0 });
});
