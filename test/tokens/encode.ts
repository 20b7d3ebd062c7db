import { CLIPTokenizer } from "@drum/encoders-clip";
import { T5Tokenizer } from "@drum/encoders-t5";
import type { Form } from "./forms.ts";

/** Ids of each prompt, and the texts that were cut off. */
export interface Encoded {
	readonly ids: readonly (readonly number[])[];
	readonly overflow: readonly string[];
}

export function encodeForm({ name, kind, tokens, files }: Form, prompts: readonly string[]): Encoded {
	const json = (file: string) => (files[file] === undefined ? undefined : (JSON.parse(String(files[file])) as unknown));
	const settings = {
		name,
		tokenizer: json("tokenizer.json"),
		config: json("tokenizer_config.json"),
		specialTokens: json("special_tokens_map.json"),
		addedTokens: json("added_tokens.json"),
	};
	const merges = files["merges.txt"] as string | undefined;
	const spiece = files["spiece.model"] as Uint8Array | undefined;
	const tokenizer =
		kind === "clip"
			? new CLIPTokenizer({ ...settings, vocab: json("vocab.json"), merges })
			: new T5Tokenizer({ ...settings, spiece });
	const { data } = tokenizer.encode(prompts, tokens);
	const ids = prompts.map((_, row) => Array.from(data.subarray(row * tokens, (row + 1) * tokens), Number));
	return { ids, overflow: tokenizer.overflow(prompts, tokens) };
}
