import { readFileSync } from "node:fs";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { coreset } from "./index.ts";

interface GoldenCase {
	i: number;
	N: number;
	dim: number;
	n_sample: number;
	n_approximate: number;
	weighted: boolean;
	seed: number;
	indices: number[];
}

const golden: GoldenCase[] = JSON.parse(readFileSync(new URL("./fixtures/coreset.json", import.meta.url), "utf8"));
const file = new URL("./fixtures/coreset.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), file.pathname);

describe("coreset picks what Algorithm 1 picks in PyTorch (golden vectors)", () => {
	it.each(golden)("case $i: N = $N, n = $n_sample, k = $n_approximate, weighted: $weighted", async (one) => {
		const embeddings = tensors.get(`e${one.i}`) as Tensor<"float32">;
		const share = one.n_sample < 1 ? { ratio: one.n_sample } : { size: one.n_sample };
		const intensities = one.weighted ? (tensors.get(`p${one.i}`) as Tensor<"float32">).data : undefined;
		const options = { ...share, intensities, approximate: one.n_approximate, seed: one.seed };
		expect(await coreset(embeddings, options)).toEqual(one.indices);
	});
});
