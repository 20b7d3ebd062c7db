import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { changeSafetensors } from "../change-safetensors.ts";
import { inRepository, type Target } from "../target.ts";

/** Profiles, and the conditions that they make. */
export const profiles: Target = {
	name: "profiles",
	async prepare(folder) {
		const pipeline = await StableDiffusion.fromPretrained(fileURLToPath(inRepository("packages/tiny/model")));
		const drum = await DrUM.attach(pipeline, { adapters: fileURLToPath(inRepository("packages/tiny/drum")) });
		const history = [
			{ prompt: "a blue star", intensity: 5 },
			{ prompt: "a red cat", intensity: 2 },
			{ prompt: "a house" },
		];
		const profile = await drum.profile(history, { size: 2 });
		const bytes = Buffer.from(profile.toBytes({ dtype: "float32" }));
		const path = join(folder, "changed.safetensors");
		return async (random) => {
			const changed = changeSafetensors(random, bytes);
			await writeFile(path, changed);
			const loaded = await drum.loadProfile(random.chance(0.5) ? path : changed);
			const { promptEmbeds } = await drum.condition("a cat", { profile: loaded, alpha: 0.5 });
			if (!promptEmbeds.data.every(Number.isFinite)) throw new Error("a condition of NaN or infinities");
		};
	},
};
