import { basename } from "node:path";
import { adapters as tinyAdapters, model as tinyModel } from "@drum/tiny";
import { type Command, InvalidArgumentError } from "commander";
import type { LoraSource, ModelSource } from "../worker/models.ts";

/** The published adapters, of all foundation models. */
const PUBLISHED = "Burf/DrUM";
const MODEL_TEXT =
	'a checkpoint to draw with: "tiny", a hub id, a folder or a safetensors file, and after "=" its adapters (default Burf/DrUM); repeat for more';
export const PREVIEW_VAE_FLAG = "--preview-vae <source>";
export const PREVIEW_VAE_TEXT =
	"a small VAE that shows pictures while they are drawn, such as madebyollin/taesd: a hub id, a folder or a file (default: thumbnails)";
const LORA_TEXT =
	'a LoRA that all pictures of the --model before it have: a file, a folder or a hub id, and after "=" its scale (default 1); repeat for more';

const INVERSION_TEXT =
	'a textual inversion that the --model before it learns: a file, a folder or a hub id, and after "=" its token; repeat for more';

type Inversion = NonNullable<ModelSource["textualInversions"]>[number];
type Given = ModelSource & { loras: LoraSource[]; textualInversions: Inversion[] };

function tiny(): Given {
	return { id: "tiny", source: tinyModel, adapters: tinyAdapters, loras: [], textualInversions: [] };
}

/** `--model`, `--lora` and `--textual-inversion`, which are read together: `options.model` is the list of what they say. */
export function addModelSources(command: Command, more = ""): Command {
	const unless = [tiny()];
	const given: Given[] = [];
	return command
		.option(
			"--model <source>",
			`${MODEL_TEXT}${more}`,
			(text: string): readonly ModelSource[] => {
				given.push(modelSource(text));
				return given;
			},
			unless,
		)
		.option("--lora <source>", LORA_TEXT, (text: string) => {
			(given.at(-1) ?? unless[0]!).loras.push(loraSource(text));
		})
		.option("--textual-inversion <source>", INVERSION_TEXT, (text: string) => {
			(given.at(-1) ?? unless[0]!).textualInversions.push(inversionSource(text));
		});
}

/** Parses one `--model`; its id is the last part of its name. */
export function modelSource(text: string): Given {
	const [source = "", adapters = PUBLISHED, ...rest] = text.split("=");
	if (source === "" || adapters === "" || rest.length > 0)
		throw new InvalidArgumentError("Expected a source, or source=adapters.");
	if (text === "tiny") return tiny();
	return { id: basename(source, ".safetensors"), source, adapters, loras: [], textualInversions: [] };
}

function loraSource(text: string): LoraSource {
	const [, source = "", scale = "1"] = /^(.+?)(?:=([^=/\\]*))?$/s.exec(text) ?? [];
	const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(scale) ? Number(scale) : Number.NaN;
	if (source === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a source, or source=scale.");
	return { source, scale: value };
}

/** What stands behind the last `=` is a token, unless it goes on as a path does. */
function inversionSource(text: string): Inversion {
	const at = text.lastIndexOf("=");
	const [source, token] = [text.slice(0, at), text.slice(at + 1)];
	if (at === -1 || /[/\\]|\.safetensors$/.test(token)) return { source: text };
	if (source === "" || token === "") throw new InvalidArgumentError("Expected a source, or source=token.");
	return { source, token };
}
