import { coreset } from "@drum/coreset";
import { DrUM, type Profile, StableDiffusion } from "@drum/pipelines-sd";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";

const embeddings: Tensor<"float32"> = float32(Float32Array.of(1, 0, 0, 1), [2, 2]);

export async function personalise(folder: string, signal: AbortSignal): Promise<string | undefined> {
	const picks: number[] = await coreset(embeddings, { size: 1, signal });
	const sd = await StableDiffusion.fromPretrained(folder);
	const drum = await DrUM.attach(sd, {});
	const profile: Profile = await drum.profile(picks.map(() => ({ prompt: "a red cat", intensity: 5 })));
	const { images, seed } = await drum.generate("a lighthouse", { profile, alpha: 0.3, signal });
	await images[0]?.save(`${seed}.png`);
	// @ts-expect-error a share is a size or a ratio
	await coreset(embeddings, { size: 1, ratio: 0.5 }).catch((error: unknown) => error instanceof ArgumentError);
	// @ts-expect-error the prompt is text
	await drum.generate(42);
	return Checkpoint.name;
}
