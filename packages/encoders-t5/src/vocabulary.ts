import { loadPart } from "@drum/tensor";
import { inflate } from "@drum/tokens";
import type { T5TokenizerFiles } from "./tokenizer.ts";

/**
 * The vocabulary of T5, which T5-XXL uses in Stable Diffusion 3 and FLUX: the `spiece.model` of their checkpoints. The first call reads it from this
 * package.
 */
export async function t5Vocabulary(): Promise<Required<Pick<T5TokenizerFiles, "spiece">>> {
	// Outside the build's output, where the path is the same, so no bundle contains it twice.
	const { default: packed } = await loadPart(() => import("../vocabulary.json", { with: { type: "json" } }));
	return { spiece: await inflate(packed.spiece) };
}
