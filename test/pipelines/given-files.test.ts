import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openRepository } from "@drum/hub";
import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { ArgumentError, FileError } from "@drum/tensor";
import { adapters, model } from "@drum/tiny";
import { adapterFiles, modelFiles } from "@drum/tiny/files";
import { expect, test } from "vitest";

const models = STABLE_DIFFUSION;

test("a checkpoint and adapters given as files draw as their folders do", async () => {
	const call = { seed: 1, numInferenceSteps: 2, alpha: 0.3 };
	const history = [{ prompt: "a red star" }];
	const [ours, theirs] = await Promise.all(
		[
			[model, adapters],
			[modelFiles, adapterFiles],
		].map(async ([source, own]) => {
			await using pipeline = await DiffusionPipeline.fromPretrained(source!, { models });
			await using drum = await DrUM.attach(pipeline, { adapters: own });
			const { images } = await drum.generate("a blue star", { ...call, profile: await drum.profile(history) });
			return images[0]!.data;
		}),
	);
	expect(theirs).toEqual(ours);
});

test("a folder's files are called by their paths in it, as a browser gives them", async () => {
	const chosen = await Promise.all(
		["model_index.json", "unet/config.json"].map(async (path) => {
			const file = new File([await openAsBlob(join(model, path))], path.split("/").at(-1)!);
			return Object.defineProperty(file, "webkitRelativePath", { value: `my model/${path}` });
		}),
	);
	const repository = await openRepository(chosen);
	expect(await repository.list()).toEqual(["model_index.json", "unet/config.json"]);
	const file = await repository.file("unet/config.json");
	expect(Buffer.from(await file.read(0, file.size))).toEqual(await readFile(join(model, "unet/config.json")));
	const error = await DiffusionPipeline.fromPretrained(chosen, { models }).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(FileError);
	expect((error as Error).message).toContain("the chosen files hold no");
	await expect(openRepository(new File(["{"], "x.json"))).rejects.toThrow(ArgumentError);
});
