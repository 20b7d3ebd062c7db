import { ArgumentError } from "@drum/tensor";

/** An encoder's tokenizer. @throws ArgumentError where it takes ids alone */
export function needTokenizer<T extends object>(tokenizer: T | undefined, encoder: string): T {
	if (tokenizer) return tokenizer;
	const next = "Encode ids, or give one";
	throw new ArgumentError({ what: encoder, expected: "a tokenizer", found: "none", next });
}
