import { basename } from "node:path";
import { adapters as tinyAdapters, model as tinyModel } from "@drum/tiny";
import { InvalidArgumentError } from "commander";
import type { ModelSource } from "../worker/models.ts";

const TINY: ModelSource = { id: "tiny", source: tinyModel, adapters: tinyAdapters };
/** The published adapters, of all foundation models. */
const PUBLISHED = "Burf/DrUM";

export const MODEL_FLAG = "--model <source>";
export const MODEL_TEXT =
	'a checkpoint to draw with: "tiny", a hub id, a folder or a safetensors file, and after "=" its adapters (default Burf/DrUM); repeat for more';
export const PREVIEW_VAE_FLAG = "--preview-vae <source>";
export const PREVIEW_VAE_TEXT =
	"a small VAE that shows pictures while they are drawn, such as madebyollin/taesd: a hub id, a folder or a file (default: thumbnails)";
export const DEFAULT_MODELS: readonly ModelSource[] = [TINY];

/** Parses one `--model`; its id is the last part of its name. */
export function addModelSource(text: string, before: readonly ModelSource[]): readonly ModelSource[] {
	const [source = "", adapters = PUBLISHED, ...rest] = text.split("=");
	if (source === "" || adapters === "" || rest.length > 0)
		throw new InvalidArgumentError("Expected a source, or source=adapters.");
	const model = text === TINY.id ? TINY : { id: basename(source, ".safetensors"), source, adapters };
	// The first that is given takes the default's place.
	return before === DEFAULT_MODELS ? [model] : [...before, model];
}
