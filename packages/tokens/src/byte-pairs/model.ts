import { CheckpointError, shown } from "@drum/tensor";
import * as z from "zod/mini";
import { check } from "../check.ts";

/** A vocabulary and its merges, the best first. */
export interface BytePairModel {
	readonly ids: ReadonlyMap<string, number>;
	readonly merges: readonly (readonly [string, string])[];
}

/**
 * The `vocab` and `merges` of a `tokenizer.json`, as their shapes alone were checked.
 * @throws CheckpointError where they are malformed.
 */
export function bytePairModel(vocab: object, merges: readonly unknown[], what: string): BytePairModel {
	return {
		ids: idsOf(vocab, `vocab of ${what}`),
		merges: merges.map((each, i) => pairOf(each, () => `merges.${i} of ${what}`)),
	};
}

/**
 * Reads `vocab.json` and `merges.txt`.
 * @throws CheckpointError where they are malformed.
 */
export function parseBytePairFiles(vocab: unknown, merges: string, name: string): BytePairModel {
	const lines = merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
	return {
		ids: idsOf(check(z.record(z.string(), z.unknown()), vocab, `${name}/vocab.json`), `${name}/vocab.json`),
		merges: lines.map((line, i) => pairOf(line, () => `merge ${i + 1} of ${name}/merges.txt`)),
	};
}

/** Tokens by id, from when ids are first written back; `""` for none. */
export function tokensById(ids: ReadonlyMap<string, number>): (id: number) => string {
	let texts: ReadonlyMap<number, string> | undefined;
	return (id) => {
		texts ??= new Map([...ids].map(([text, id]) => [id, text]));
		return texts.get(id) ?? "";
	};
}

/** Ids are numbered up to this, so that a pair of them is one number. */
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

/** Two texts, or one with a space between them. */
function pairOf(merge: unknown, what: () => string): readonly [string, string] {
	const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
	if (Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string")) {
		return pair as [string, string];
	}
	throw new CheckpointError({ what: what(), expected: "two texts", found: shown(merge) });
}
