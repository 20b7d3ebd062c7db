/**
 * A sentencepiece model's normalisation: a trie of texts in UTF-8, each with its replacement. The bytes contain the length of the trie in bytes, the
 * trie as a double array of 32-bit units, and the replacements, each followed by a zero byte. Lookup is as in Hugging Face's tokenizers: by grapheme
 * if it has under 6 bytes, otherwise by character. The shortest entry that a text begins with replaces the whole text.
 */
export class Charsmap {
	readonly #units: Uint32Array;
	readonly #replacements: Uint8Array;
	readonly #graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
	readonly #encoder = new TextEncoder();
	readonly #decoder = new TextDecoder();

	/** @throws RangeError for too few bytes */
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
			// A unit with a value has the highest bit of its label set, so its label is not a byte.
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

/** The offset of a unit's children: their index is the exclusive or of it and the unit's index. */
function offset(unit: number): number {
	return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
