import { ArgumentError } from "@drum/tensor";

/** Returns an encoder's tokenizer. @throws ArgumentError if the encoder has none, and therefore only accepts ids */
export function needTokenizer<T extends object>(tokenizer: T | undefined, encoder: string): T {
	if (tokenizer) return tokenizer;
	const next = "Encode ids, or open the encoder with a tokenizer";
	throw new ArgumentError({ what: encoder, expected: "a tokenizer", found: "none", next });
}
