import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openRepository, pickWeights } from "@drum/hub";
import { parseSafetensors } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { changeJson } from "../change-json.ts";
import { changeSafetensors } from "../change-safetensors.ts";
import { inRepository, type Target } from "../target.ts";

const FILES = ["packages/tensor/src/fixtures/reference.safetensors", "test/golden/fixtures/added-noise.safetensors"];

/** A single file, by its path and as bytes. */
export const safetensors: Target = {
	name: "safetensors",
	async prepare(folder) {
		const sources = await Promise.all(FILES.map((path) => readFile(inRepository(path))));
		const path = join(folder, "changed.safetensors");
		return async (random) => {
			const bytes = changeSafetensors(random, random.pick(sources));
			await writeFile(path, bytes);
			const checkpoint = await Checkpoint.open(path);
			for (const name of checkpoint.names()) await checkpoint.read(name);
			parseSafetensors(bytes, path);
		};
	},
};

/** An index of shards, as a pipeline picks them. */
export const shards: Target = {
	name: "shards",
	async prepare(folder) {
		await cp(inRepository("test/golden/fixtures/flux/transformer"), folder, { recursive: true });
		const path = join(folder, "diffusion_pytorch_model.safetensors.index.json");
		const index: unknown = JSON.parse(await readFile(path, "utf8"));
		return async (random) => {
			await writeFile(path, changeJson(random, index));
			const repository = await openRepository(folder);
			const checkpoint = await Checkpoint.open(await pickWeights(repository, "", "diffusion_pytorch_model"));
			for (const name of [...checkpoint.names()].slice(0, 3)) await checkpoint.read(name);
		};
	},
};
