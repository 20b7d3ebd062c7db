import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DiffusionPipeline, readCheckpointSettings } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { DrumError } from "@drum/tensor";
import { changeJson } from "../change-json.ts";
import { inRepository, type Target } from "../target.ts";

const models = [...STABLE_DIFFUSION, ...FLUX];
const FAMILIES = ["sd1", "sd2", "sdxl", "sd3", "sd3-without-t5", "sd35", "flux", "flux-schnell"];

/** A checkpoint's `model_index.json` and its parts' configurations. */
export const configurations: Target = {
	name: "configurations",
	async prepare(folder) {
		const files: { checkpoint: string; path: string; text: string }[] = [];
		for (const family of FAMILIES) {
			const checkpoint = join(folder, family);
			await cp(inRepository(`test/golden/fixtures/${family}`), checkpoint, { recursive: true });
			for (const name of await readdir(checkpoint, { recursive: true })) {
				if (!/(^|[\\/])(config|model_index|scheduler_config)\.json$/.test(name)) continue;
				const path = join(checkpoint, name);
				files.push({ checkpoint, path, text: await readFile(path, "utf8") });
			}
		}
		return async (random) => {
			const { checkpoint, path, text } = random.pick(files);
			await writeFile(path, changeJson(random, JSON.parse(text)));
			try {
				await readCheckpointSettings(checkpoint, { models }).catch(unlessTyped);
				await (await DiffusionPipeline.fromPretrained(checkpoint, { models })).release();
			} finally {
				await writeFile(path, text);
			}
		};
	},
};

function unlessTyped(error: unknown): void {
	if (!DrumError.is(error)) throw error;
}
