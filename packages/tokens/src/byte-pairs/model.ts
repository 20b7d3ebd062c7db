import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod/mini";
import { check } from "../check.ts";

/** A vocabulary and its merges, best first. */
export interface BytePairModel {
	readonly ids: ReadonlyMap<string, number>;
	readonly merges: readonly (readonly [string, string])[];
}

/**
 * Reads `vocab` and `merges` of a `tokenizer.json`, of which only the types are checked so far.
 * @throws CheckpointError if they are malformed
 */
export function bytePairModel(vocab: object, merges: readonly unknown[], what: string): BytePairModel {
	return {
		ids: idsOf(vocab, `vocab of ${what}`),
		merges: merges.map((each, i) => pairOf(each, () => `merges.${i} of ${what}`)),
	};
}

/**
 * Reads `vocab.json` and `merges.txt`, the files of a tokenizer without a `tokenizer.json`.
 * @throws CheckpointError if one is missing or malformed
 */
export function parseBytePairFiles(vocab: unknown, merges: string | undefined, name: string): BytePairModel {
	if (vocab === undefined || merges === undefined) {
		throw new CheckpointError({
			what: `tokenizer ${name}`,
			expected: "tokenizer.json, or vocab.json and merges.txt",
			found: vocab === undefined ? "neither" : "no merges.txt",
			next: "Put the missing file next to its tokenizer_config.json",
		});
	}
	const lines = merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
	return {
		ids: idsOf(check(z.record(z.string(), z.unknown()), vocab, `${name}/vocab.json`), `${name}/vocab.json`),
		merges: lines.map((line, i) => pairOf(line, () => `merge ${i + 1} of ${name}/merges.txt`)),
	};
}

/** Looks up tokens by id; `""` if there is none. The table is made at the first call. */
export function tokensById(ids: ReadonlyMap<string, number>): (id: number) => string {
	let texts: ReadonlyMap<number, string> | undefined;
	return (id) => {
		texts ??= new Map([...ids].map(([text, id]) => [id, text]));
		return texts.get(id) ?? "";
	};
}

/** Ids are below this, so that a pair of them fits into one number. */
const MOST_IDS = 2 ** 26;

function idsOf(vocab: object, what: string): Map<string, number> {
	const ids = new Map<string, number>(Object.entries(vocab));
	for (const [token, id] of ids) {
		if (Number.isInteger(id) && id >= 0 && id < MOST_IDS) continue;
		const expected = `an id from 0 to ${MOST_IDS - 1}`;
		throw new CheckpointError({ what: `${shown(token)} of ${what}`, expected, found: shown(id) });
	}
	return ids;
}

/** A merge is a list of two texts, or one text with a space between them. */
function pairOf(merge: unknown, what: () => string): readonly [string, string] {
	const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
	if (Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string")) {
		return pair as [string, string];
	}
	throw new CheckpointError({ what: what(), expected: "two texts", found: shown(merge) });
}
