import type { Json } from "./json.ts";

/** A token that stands for itself in text that is already normalised. */
const token = (content: string) => ({
	...{ __type: "AddedToken", content },
	...{ lstrip: false, normalized: true, rstrip: false, single_word: false },
});
const END = token("<|endoftext|>");

/** `tokenizer_config.json` of CLIP's: all have OpenAI's vocabulary, and fill up rows with its end of text or with "!". */
export function clipTokenizer(pad: "<|endoftext|>" | "!"): Json {
	return {
		add_prefix_space: false,
		bos_token: token("<|startoftext|>"),
		do_lower_case: true,
		eos_token: END,
		errors: "replace",
		model_max_length: 77,
		pad_token: pad,
		tokenizer_class: "CLIPTokenizer",
		unk_token: END,
	};
}

/** `tokenizer_config.json` of T5's. */
export const T5_TOKENIZER: Json = {
	clean_up_tokenization_spaces: true,
	eos_token: "</s>",
	extra_ids: 100,
	model_max_length: 512,
	pad_token: "<pad>",
	tokenizer_class: "T5Tokenizer",
	unk_token: "<unk>",
};
