import { shown, type TextEncoder, type Warning } from "@drum/tensor";
import type { Encoders } from "./mix.ts";
import type { Texts } from "./texts.ts";

/** One text, and which encoders read all or a part of it. */
interface Reading {
	readonly what: string;
	/** Encoders that cut the text, by the end that they cut off. */
	readonly cut: Map<string, string[]>;
	/** Encoders that read all of it. */
	readonly whole: string[];
}

/**
 * Warnings (`prompt-cut`) for prompts whose end does not fit into an encoder's tokens. Encoders that cut a prompt at the same place share one
 * warning, and so do equal prompts.
 * @param texts the prompts of each encoder, the same number for each; encoders without `overflow` are skipped
 * @param what the name of the option that gave an encoder's prompts; default `prompt`
 * @param rows T5's number of rows; default its own
 */
export function cutPrompts(
	encoders: Encoders,
	texts: Texts,
	what: string | ((encoder: string) => string) = "prompt",
	rows?: number | undefined,
): Warning[] {
	const readings = new Map<string, Reading>();
	for (const [name, prompts] of Object.entries(texts)) {
		const overflow = encoders[name]?.overflow?.(prompts, { tokens: tokensOf(encoders[name], rows) });
		if (!overflow) continue;
		for (const [i, prompt] of prompts.entries()) {
			const option = typeof what === "string" ? what : what(name);
			const reading = readings.get(prompt) ?? { what: placeOf(option, i, prompts), cut: new Map(), whole: [] };
			readings.set(prompt, reading);
			const readers = overflow[i] ? (reading.cut.get(overflow[i]) ?? []) : reading.whole;
			if (!readers.includes(name)) readers.push(name);
			if (overflow[i]) reading.cut.set(overflow[i], readers);
		}
	}
	return [...readings.values()].flatMap(({ what, cut, whole }) =>
		[...cut].map(([rest, readers]): Warning => {
			const reads = whole.length === 0 ? "" : ` All of it is read by ${named(whole)}.`;
			const message = `${what} is too long for the ${countsOf(encoders, readers, rows)} tokens of ${named(readers)}; its end is not read: ${shown(rest)}.${reads}`;
			return { code: "prompt-cut", what, message };
		}),
	);
}

/** Collects which history rows are too long for which encoder. */
export class CutRows {
	readonly #encoders: Encoders;
	readonly #rows = new Map<string, number[]>();

	constructor(encoders: Encoders) {
		this.#encoders = encoders;
	}

	/** Checks prompts, the first of which is history row `from`. */
	look(prompts: readonly string[], from: number): void {
		for (const [name, encoder] of Object.entries(this.#encoders)) {
			const rows = encoder.overflow?.(prompts).flatMap((rest, i) => (rest ? [from + i] : [])) ?? [];
			this.#rows.set(name, [...(this.#rows.get(name) ?? []), ...rows]);
		}
	}

	/** The warnings: one for all encoders that cut the same rows. */
	get warnings(): Warning[] {
		const readers = new Map<string, string[]>();
		for (const [name, rows] of this.#rows) {
			if (rows.length > 0) readers.set(rows.join(", "), [...(readers.get(rows.join(", ")) ?? []), name]);
		}
		return [...readers].map(([key, names]): Warning => {
			const rows = key.split(", ");
			const places = rows.length > 5 ? `${rows.slice(0, 5).join(", ")} and ${rows.length - 5} more` : key;
			const what = rows.length === 1 ? `history row ${places}` : `history rows ${places}`;
			const verb = rows.length === 1 ? "is" : "are";
			return {
				code: "prompt-cut",
				what,
				message: `${what} ${verb} too long for the ${countsOf(this.#encoders, names)} tokens of ${named(names)}; the rest is not read.`,
			};
		});
	}
}

/** `prompt`, or `prompt 2 of 3`. */
export function placeOf(what: string, i: number, { length }: readonly string[]): string {
	return length === 1 ? what : `${what} ${i + 1} of ${length}`;
}

function countsOf(encoders: Encoders, names: readonly string[], rows?: number): string {
	return [...new Set(names.map((name) => tokensOf(encoders[name]!, rows)))].join(" and ");
}

/** The encoder's number of tokens, or `rows` if it can give any number. */
function tokensOf({ tokens, mostTokens }: TextEncoder, rows: number | undefined): number {
	return mostTokens === undefined ? tokens : (rows ?? tokens);
}

/** `text encoder L`, `text encoders L, bigG and T5`. */
function named(names: readonly string[]): string {
	const [last, ...others] = [...names].reverse();
	return others.length === 0 ? `text encoder ${last}` : `text encoders ${others.reverse().join(", ")} and ${last}`;
}
