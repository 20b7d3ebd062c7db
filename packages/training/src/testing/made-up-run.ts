import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MadeUpEncoder, type Sizes } from "@drum/test-made-up";
import { type TrainAdapterOptions, trainAdapter } from "@drum/training";

export const SIZES: Sizes = { width: 16, heads: 4, tokens: 5 };
export type RunOptions = Partial<TrainAdapterOptions> & Pick<TrainAdapterOptions, "captions" | "folder">;

/** A short run with a synthetic encoder, and 7 captions, so that batches reach across epochs. */
export function run(options: RunOptions) {
	return trainAdapter({
		encoder: new MadeUpEncoder(SIZES),
		...{ name: "L", layers: 2, steps: 6, warmupSteps: 2, batchSize: 4, microBatchSize: 2, threads: 1 },
		...options,
	});
}

export async function madeUpCaptions(folder: string, count = 7, name = `captions-${count}.txt`): Promise<string> {
	const path = join(folder, name);
	await writeFile(path, Array.from({ length: count }, (_, i) => `caption ${i}\n`).join(""));
	return path;
}

/** A run's files, as they are saved. */
export const FILES = ["weight/L.safetensors", "training/L/state.safetensors", "training/L/log.jsonl"];
