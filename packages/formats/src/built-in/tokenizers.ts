import type { Json } from "./json.ts";

/** An added token that is searched for in normalised text. */
const token = (content: string) => ({
	...{ __type: "AddedToken", content },
	...{ lstrip: false, normalized: true, rstrip: false, single_word: false },
});
const END = token("<|endoftext|>");

/** `tokenizer_config.json` of a CLIP. All have OpenAI's vocabulary, and pad with its end of text or with "!". */
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

/** `tokenizer_config.json` of a T5. */
export const T5_TOKENIZER: Json = {
	clean_up_tokenization_spaces: true,
	eos_token: "</s>",
	extra_ids: 100,
	model_max_length: 512,
	pad_token: "<pad>",
	tokenizer_class: "T5Tokenizer",
	unk_token: "<unk>",
};
