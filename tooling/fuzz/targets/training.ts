import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StableDiffusion } from "@drum/pipelines-sd";
import { CheckpointError } from "@drum/tensor";
import { type TrainAdapterOptions, trainAdapter } from "@drum/training";
import { changeBytes } from "../change-bytes.ts";
import { changeSafetensors } from "../change-safetensors.ts";
import { inRepository, type Target } from "../target.ts";

/** Runs of a training that are gone on with: the saved state, the log and the captions. */
export const training: Target = {
	name: "training",
	async prepare(folder) {
		const pipeline = await StableDiffusion.fromPretrained(fileURLToPath(inRepository("test/golden/fixtures/sd1")));
		const captions = join(folder, "captions.txt");
		await writeFile(captions, "a red cat\na dog at night\na boat\n");
		const options: TrainAdapterOptions = { encoder: pipeline.encoders.L!, captions, folder, name: "L" };
		const settings = { steps: 2, batchSize: 2, layers: 1 };
		const { log } = await trainAdapter({ ...options, ...settings });
		const state = join(folder, "training", "L", "state.safetensors");
		const files = await Promise.all([log, state].map(async (path) => ({ path, bytes: await readFile(path) })));
		return async (random) => {
			const { path, bytes } = random.pick(files);
			await writeFile(path, path === state ? changeSafetensors(random, bytes) : changeBytes(random, bytes));
			try {
				await trainAdapter({ ...options, ...settings, resume: true, onStep: enough });
			} finally {
				await rm(join(folder, "weight"), { recursive: true, force: true });
				for (const each of files) await writeFile(each.path, each.bytes);
			}
		};
	},
};

/** For a run that goes on from an earlier step: one step more will do. */
function enough(): never {
	throw new CheckpointError({ what: "a run", expected: "one that has ended", found: "one that goes on" });
}
