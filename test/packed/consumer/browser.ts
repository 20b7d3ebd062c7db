import { coreset, kCenter, randomSample } from "@drum/coreset";
import { float32, parseSafetensors, RandomState, serializeSafetensors } from "@drum/tensor";

const embeddings = float32(Float32Array.of(1, 0, 0, 1, 1, 1), [3, 2]);

/** What a page does with both packages: the result is the same in any engine. */
export async function picks(): Promise<{ coreset: number[]; centres: number[]; random: number[]; read: number[] }> {
	const { tensors } = parseSafetensors(serializeSafetensors({ embeddings }), "embeddings");
	return {
		coreset: await coreset(embeddings, { size: 2 }),
		centres: await kCenter(embeddings, { size: 2 }),
		random: randomSample(10, { size: 2, seed: new RandomState(42).choice(1, 1)[0] }),
		read: Array.from(tensors.get("embeddings")?.data ?? [], Number),
	};
}
