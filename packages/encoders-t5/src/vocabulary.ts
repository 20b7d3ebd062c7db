import { loadPart } from "@drum/tensor";
import { inflate } from "@drum/tokens";
import type { T5TokenizerFiles } from "./tokenizer.ts";

/**
 * The vocabulary of T5, which T5-XXL reads in Stable Diffusion 3 and FLUX: the `spiece.model` of their checkpoints. Read from this
 * package when it is asked for.
 */
export async function t5Vocabulary(): Promise<Required<Pick<T5TokenizerFiles, "spiece">>> {
	// Outside of the build's output: the path is the same from there, and no bundle holds it twice.
	const { default: packed } = await loadPart(() => import("../vocabulary.json", { with: { type: "json" } }));
	return { spiece: await inflate(packed.spiece) };
}
