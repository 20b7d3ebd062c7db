import { clipVocabulary } from "@drum/encoders-clip";
import { t5Vocabulary } from "@drum/encoders-t5";
import { FileError } from "@drum/tensor";
import type { SmallFiles } from "./checkpoint-source.ts";

type Configs = Readonly<Record<string, unknown>>;

/** A published model's configurations, by their paths in the hub's layout, and the vocabularies that come with the encoders' packages. */
export function builtInFiles(name: string, configs: Configs): SmallFiles {
	return {
		name,
		has: async (path) => Object.hasOwn(configs, path) || vocabularyAt(path, configs) !== undefined,
		read: async (path) => {
			if (Object.hasOwn(configs, path)) return encode(JSON.stringify(configs[path]));
			const read = vocabularyAt(path, configs);
			if (!read) throw new FileError({ what: `${name} has no file ${path}` });
			const found = await read();
			return typeof found === "string" ? encode(found) : found;
		},
		absent: () => undefined,
	};
}

/** The files of `own`, with tokenizers from `others` if it has none. */
export function withTokenizers(own: SmallFiles, others: SmallFiles): SmallFiles {
	const filesOf = async (path: string): Promise<SmallFiles> => {
		const [folder] = path.split("/");
		if (!folder!.startsWith("tokenizer")) return own;
		const found = await Promise.all(VOCABULARIES.map((file) => own.has(`${folder}/${file}`)));
		return found.includes(true) ? own : others;
	};
	return {
		name: own.name,
		has: async (path) => (await filesOf(path)).has(path),
		read: async (path) => (await filesOf(path)).read(path),
		absent: (thing) => own.absent(thing),
	};
}

/** Every tokenizer has one of these files. */
export const VOCABULARIES = ["tokenizer.json", "vocab.json", "spiece.model"];

/** A function that reads a vocabulary's file, if the tokenizer in its folder is of that kind. */
function vocabularyAt(path: string, configs: Configs): (() => Promise<string | Uint8Array>) | undefined {
	const [folder, file] = path.split("/");
	const config = configs[`${folder}/tokenizer_config.json`] as { tokenizer_class?: unknown } | undefined;
	switch (`${config?.tokenizer_class} ${file}`) {
		case "CLIPTokenizer vocab.json":
			return async () => JSON.stringify((await clipVocabulary()).vocab);
		case "CLIPTokenizer merges.txt":
			return async () => (await clipVocabulary()).merges!;
		case "T5Tokenizer spiece.model":
			return async () => (await t5Vocabulary()).spiece!;
		default:
			return undefined;
	}
}

function encode(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}
