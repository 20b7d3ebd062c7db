/**
 * A sentencepiece model's normalisation: a trie of texts in UTF-8, each with what it becomes. The bytes are the length of the
 * trie in bytes, the trie as a double array of 32-bit units, and the replacements, each ended by a zero byte.
 * Texts are looked up as Hugging Face's tokenizers does it: a grapheme at a time if it is under 6 bytes, else by character, and
 * the shortest entry that the text begins with replaces all of it.
 */
export class Charsmap {
	readonly #units: Uint32Array;
	readonly #replacements: Uint8Array;
	readonly #graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
	readonly #encoder = new TextEncoder();
	readonly #decoder = new TextDecoder();

	/** @throws RangeError when the bytes are too few. */
	constructor(bytes: Uint8Array) {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const length = view.getUint32(0, true);
		this.#units = Uint32Array.from({ length: length >>> 2 }, (_, i) => view.getUint32(4 + 4 * i, true));
		this.#replacements = bytes.subarray(4 + length);
	}

	normalize(text: string): string {
		let normalized = "";
		for (const { segment } of this.#graphemes.segment(text)) {
			const whole = this.#find(segment);
			if (whole !== undefined) normalized += whole;
			else for (const character of segment) normalized += this.#find(character) ?? character;
		}
		return normalized;
	}

	#find(text: string): string | undefined {
		const bytes = this.#encoder.encode(text);
		if (bytes.length >= 6) return undefined;
		let at = offset(this.#units[0] ?? 0);
		for (const byte of bytes) {
			if (byte === 0) return undefined;
			at ^= byte;
			const unit = this.#units[at] ?? 0;
			// The label of a unit that holds a value has its highest bit set, and is no byte.
			if ((unit & 0x800000ff) !== byte) return undefined;
			at ^= offset(unit);
			if (unit & 0x100) return this.#replacement((this.#units[at] ?? 0) & 0x7fffffff);
		}
		return undefined;
	}

	#replacement(from: number): string {
		const end = this.#replacements.indexOf(0, from);
		return this.#decoder.decode(this.#replacements.subarray(from, end === -1 ? undefined : end));
	}
}

/** How far a unit's children are, relative to it by exclusive or. */
function offset(unit: number): number {
	return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
