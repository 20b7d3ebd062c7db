/** A visible letter for each byte, as GPT-2 began it: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
const LETTERS: readonly string[] = lettersOfBytes();
const BYTES: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]));

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** All letters that bytes have. */
export const BYTE_LETTERS: Iterable<string> = LETTERS;

/** A text's bytes in UTF-8, as letters. */
export function toLetters(text: string): string {
	let letters = "";
	for (const byte of encoder.encode(text)) letters += LETTERS[byte];
	return letters;
}

/** Back to text; what no byte stands for is taken as it is. */
export function fromLetters(tokens: readonly string[]): string {
	const bytes: number[] = [];
	for (const token of tokens) {
		const own = Array.from(token, (letter) => BYTES.get(letter));
		for (const byte of own.includes(undefined) ? encoder.encode(token) : own) bytes.push(byte!);
	}
	return decoder.decode(Uint8Array.from(bytes));
}

function lettersOfBytes(): string[] {
	const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
	let others = 256;
	return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : others++));
}
