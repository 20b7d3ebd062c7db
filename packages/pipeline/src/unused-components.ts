import { printable, shownNames, type Warning } from "@drum/tensor";
import type { FoundationModel } from "./foundation-model.ts";
import type { ModelIndex } from "./model-index.ts";
import type { CheckpointSource } from "./sources/checkpoint-source.ts";

/** A warning for each component in a checkpoint's `model_index.json` that this pipeline does not run. */
export function unusedComponents(name: string, index: ModelIndex, model: FoundationModel): Warning[] {
	const encoders = Object.values(model.encoders).map(({ folder }) => folder);
	const used = new Set([
		...[model.denoiser.folder, "vae", "scheduler", ...encoders],
		...encoders.map((folder) => folder.replace("text_encoder", "tokenizer")),
		// It prepares pictures for a safety checker and an image encoder, which have warnings of their own.
		"feature_extractor",
	]);
	const listed = Object.entries(index).filter(([part, entry]) => isActive(entry) && !used.has(part));
	return listed.map(([part]): Warning => {
		const what = `${printable(part)} in ${name}/model_index.json`;
		if (part !== "safety_checker")
			return { code: "component-unused", what, message: `${what} is not used: this library does not run it.` };
		const message = `${what} does not run by itself, so pictures are not checked. Give generate an onImage, such as a SafetyChecker's, or check them yourself before you show them to the public.`;
		return { code: "safety-checker", what, message };
	});
}

/** A warning about a single file's tensors that belong to no part of a model. */
export function strayWeights({ name, strays }: CheckpointSource): Warning[] {
	if (strays.length === 0) return [];
	const message = `Tensors of ${name} are not used, because they belong to no known part of a model: ${shownNames(strays)}.`;
	return [{ code: "weights-unused", what: `weights of ${name}`, message }];
}

/** A component's library and class. */
function isActive(entry: unknown): boolean {
	return Array.isArray(entry) && entry.length === 2 && entry.every((each) => typeof each === "string");
}
