/** Characters at once: arguments of one call are limited. */
const STRETCH = 8192;

/** One byte a character. `TextDecoder` takes the name "latin1" for Windows' code page, which differs. */
export function latin1(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += STRETCH) text += String.fromCharCode(...bytes.subarray(at, at + STRETCH));
	return text;
}

/** The bytes of a text whose characters are all below 256. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
