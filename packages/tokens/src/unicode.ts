/**
 * The letters, signs and compositions that Hugging Face's tokenizers library knows. Its tables are older than JavaScript's, and newer ones
 * would change ids.
 */

/** Letters and numbers that Unicode 17 added. The library splits words by Unicode 16. */
const NEW_LETTERS =
	"88f c5c cdc a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 11db0-11ddb 16ea0-16eb8 16ebb-16ed3 16ff2-16ff3 187f8-187ff " +
	"18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5 1e6e7-1e6ed 1e6f0-1e6f4 1e6fe-1e6ff 2b73a-2b73f 2cea2-2cead " +
	"323b0-33479";
const NEW_NUMBERS = "11de0-11de9 16ff4-16ff6";
/** Other characters of words that Unicode 17 added. */
const NEW_MARKS = "1acf-1add 1ae0-1aeb 10efa-10efb 11b60-11b67 16ff2-16ff6 1e6e0-1e6f5";

/** Characters that the library's older normalisation neither composes nor reorders. */
const INERT =
	"7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa a82c 105c9 105d2 105da 105e4 10d24-10d27 " +
	"10d69-10d6d 10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11382-11385 1138b 1138e 11390-11391 " +
	"113b8 113bb 113c2 113c5 113c7-113c9 113ce-113d0 1145e 11839-1183a 11930 11935 11938 1193d-1193e 11943 119e0 11a34 11a47 " +
	"11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e-16129 1612f 16d63 16d67-16d6a 16ff0-16ff1 1e08f 1e130-1e136 1e2ae " +
	"1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5";

/** Writes hexadecimal ranges as the inside of a character class. */
function ranges(list: string): string {
	return list.replace(/[0-9a-f]+/g, "\\u{$&}").replaceAll(" ", "");
}

/** One letter, in a regular expression with the flag `v`. */
export const LETTER = `[\\p{L}--[${ranges(NEW_LETTERS)}]]`;
/** One number, in a regular expression with the flag `v`. */
export const NUMBER = `[\\p{N}--[${ranges(NEW_NUMBERS)}]]`;
/** One character that is not a letter, number or space, in a regular expression with the flag `v`. */
export const OTHER = `[[^\\p{White_Space}\\p{L}\\p{N}][${ranges(NEW_LETTERS)}${ranges(NEW_NUMBERS)}]]`;

const WORD = new RegExp(
	`^[[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]--[${ranges(`${NEW_LETTERS} ${NEW_NUMBERS} ${NEW_MARKS}`)}]]`,
	"v",
);
const SPACE = /^\p{White_Space}$/u;
const COMPOSED = new RegExp(`[^${ranges(INERT)}]+`, "gv");

/** Whether a character belongs to a word. */
export function isWord(character: string): boolean {
	return WORD.test(character);
}

/** Whether a character is a space. Unlike in JavaScript's `\s`, U+0085 is one and U+FEFF is not. */
export function isSpace(character: string): boolean {
	return SPACE.test(character);
}

/** Unicode's composed form, NFC. */
export function compose(text: string): string {
	return text.replace(COMPOSED, (part) => part.normalize("NFC"));
}

/** Lower-cases each letter on its own, so a capital sigma never becomes a final one. */
export function lowerCase(text: string): string {
	return Array.from(text, (letter) => letter.toLowerCase()).join("");
}
