import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { changeSafetensors } from "../change-safetensors.ts";
import { inRepository, type Target } from "../target.ts";

/** Adapters, and the conditions that they make. */
export const adapters: Target = {
	name: "adapters",
	async prepare(folder) {
		const pipeline = await StableDiffusion.fromPretrained(fileURLToPath(inRepository("packages/tiny/model")));
		const whole = await DrUM.attach(pipeline, { adapters: fileURLToPath(inRepository("packages/tiny/drum")) });
		const profile = await whole.profile([{ prompt: "a blue star" }, { prompt: "a red cat", intensity: 2 }]);
		const bytes = await readFile(inRepository("packages/tiny/drum/weight/L.safetensors"));
		const path = join(folder, "weight", "L.safetensors");
		await mkdir(dirname(path));
		return async (random) => {
			await writeFile(path, changeSafetensors(random, bytes));
			const drum = await DrUM.attach(pipeline, { adapters: folder });
			try {
				const { promptEmbeds } = await drum.condition("a cat", { profile, alpha: 0.5 });
				if (!promptEmbeds.data.every(Number.isFinite)) throw new Error("a condition of NaN or infinities");
			} finally {
				await drum.release();
			}
		};
	},
};
