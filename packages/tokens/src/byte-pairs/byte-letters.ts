/** A visible letter for each byte, as introduced by GPT-2: https://github.com/openai/gpt-2/blob/master/src/encoder.py */
const LETTERS: readonly string[] = lettersOfBytes();
const BYTES: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]));

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The letters of all bytes. */
export const BYTE_LETTERS: Iterable<string> = LETTERS;

/** Turns a text's UTF-8 bytes into letters. */
export function toLetters(text: string): string {
	let letters = "";
	for (const byte of encoder.encode(text)) letters += LETTERS[byte];
	return letters;
}

/** Turns letters back into text. A token with a letter of no byte stays as it is. */
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
