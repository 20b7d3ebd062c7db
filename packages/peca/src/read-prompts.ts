import { ArgumentError, type PromptIds, shown, type TextEncoder, type Warning } from "@drum/tensor";
import { type Chunk, chunksOf, type Fragment, parseAttention, unsupportedSyntax, type WeightedIds } from "@drum/tokens";
import { placeOf } from "./cut-prompts.ts";
import type { Encoders, Mix } from "./mix.ts";
import type { Texts } from "./texts.ts";
import type { ChunkLayout, Reading, Readings } from "./weighted-rows.ts";

/** Limit of chunks in a prompt: longer prompts are a mistake, and would use up all memory. */
const MOST_CHUNKS = 64;

/** The prompts of each encoder, and the names of the options that gave them. */
export interface PromptSet {
	readonly texts: Texts;
	readonly optionOf: (encoder: string) => string;
}

/** Sizes of the conditions that `readPrompts` prepares. */
export interface ReadOptions {
	/** T5's number of rows; a longer prompt gets more. Default its own, where a longer prompt gets no more. */
	rows?: number | undefined;
	/** Chunks and rows of an existing condition. These prompts get at least as many. */
	layout?: ChunkLayout | undefined;
}

/** The prompts of one encoder as ids, with their warnings. */
interface Read {
	/** The option that gave them. */
	readonly what: string;
	readonly prompts: readonly (readonly WeightedIds[])[];
	readonly warnings: readonly Warning[];
}

/**
 * Reads prompts with A1111's syntax for a mix's encoders: in chunks of 75 tokens for CLIP, whole for T5. The conditions of all `sets` (prompts
 * and negative prompts) get the same number of rows; empty chunks fill the shorter ones.
 * @throws ArgumentError for an invalid weight, a prompt of more than 64 chunks, or a prompt with syntax for an encoder without `promptIds`
 */
export function readPrompts(
	mix: Mix,
	encoders: Encoders,
	sets: readonly PromptSet[],
	{ rows, layout = {} }: ReadOptions = {},
): Readings[] {
	const names = Object.keys(encoders).filter((name) => sets[0]?.texts[name]);
	const chunked = names.map((name): [string, Chunked] => {
		const encoder = encoders[name]!;
		if (!encoder.promptIds) return [name, unchunked(name, encoder, sets)];
		return [
			name,
			inChunks(
				encoder,
				encoder.promptIds,
				sets.map((set) => readSet(name, encoder, set)),
				rows,
				layout[name],
			),
		];
	});
	const counts = chunkCounts(
		mix,
		new Map(chunked.map(([name, { count }]) => [name, Math.max(count, layout[name]?.chunks ?? 1)])),
	);
	return sets.map((_, i) => Object.fromEntries(chunked.map(([name, each]) => [name, each.lay(i, counts.get(name)!)])));
}

interface Chunked {
	/** Number of chunks of the longest prompt. */
	readonly count: number;
	/** The prompts of a set, each in `chunks` chunks. */
	lay(set: number, chunks: number): Reading;
}

function readSet(name: string, { mostTokens, promptIds }: TextEncoder, { texts, optionOf }: PromptSet): Read {
	const warnings: Warning[] = [];
	const prompts = texts[name]!.map((prompt, i, all): WeightedIds[] => {
		const what = placeOf(optionOf(name), i, all);
		const { fragments, found } = parsed(prompt, what);
		warnings.push(...found);
		const read = promptIds!.of(fragments.map(({ text }) => text));
		const parts = fragments.map(({ weight, isBreak }, j) => ({ ids: isBreak ? [] : read[j]!, weight, isBreak }));
		// An encoder of any length reads a prompt whole.
		return mostTokens === undefined ? parts : parts.filter(({ isBreak }) => !isBreak);
	});
	return { what: optionOf(name), prompts, warnings };
}

function parsed(prompt: string, what: string): { fragments: Fragment[]; found: Warning[] } {
	const { text, unsupported } = unsupportedSyntax(prompt);
	const found = unsupported.map(
		({ found, reading }): Warning => ({
			code: "syntax-unsupported",
			what,
			message: `${shown(found)} in ${what} ${reading}`,
		}),
	);
	return { fragments: parseAttention(text, what), found };
}

function inChunks(
	{ tokens: own, mostTokens }: TextEncoder,
	promptIds: PromptIds,
	sets: readonly Read[],
	rows: number | undefined,
	layout: ChunkLayout[string] | undefined,
): Chunked {
	const { around } = promptIds;
	const lengths = sets.flatMap(({ prompts }) =>
		prompts.map((parts) => parts.reduce((sum, { ids }) => sum + ids.length, around)),
	);
	const grown = rows === undefined ? own : Math.min(Math.max(rows, ...lengths), mostTokens ?? own);
	const tokens = layout?.tokens ?? (mostTokens === undefined ? own : grown);
	const comma = mostTokens === undefined ? promptIds.of([","])[0]?.[0] : undefined;
	const chunks = sets.map(({ prompts }) => prompts.map((parts) => chunksOf(parts, tokens - around, comma)));
	const counts = chunks.map((set) => Math.max(...set.map(({ length }) => length)));
	const tooLong = counts.findIndex((count) => count > MOST_CHUNKS);
	if (tooLong !== -1) {
		const expected = `one of at most ${MOST_CHUNKS} chunks of ${tokens - around} tokens`;
		throw new ArgumentError({ what: sets[tooLong]!.what, expected, found: `${counts[tooLong]} chunks` });
	}
	return {
		count: Math.max(...counts),
		lay: (set, count) => ({
			...layRows(promptIds, chunks[set]!, count, tokens),
			chunks: count,
			warnings: sets[set]!.warnings,
		}),
	};
}

const NOTHING: Chunk = { ids: [], weights: [] };

/** The chunks of each prompt, filled up to `count` with empty ones, as rows for the encoder. */
function layRows(promptIds: PromptIds, prompts: readonly (readonly Chunk[])[], count: number, tokens: number) {
	const lines = prompts.flatMap((chunks) => Array.from({ length: count }, (_, i) => chunks[i] ?? NOTHING));
	const { ids, starts } = promptIds.rows(
		lines.map((line) => line.ids),
		tokens,
	);
	const weights = new Float32Array(lines.length * tokens).fill(1);
	for (const [i, line] of lines.entries()) weights.set(line.weights, i * tokens + starts[i]!);
	return { ids, weights };
}

/** Encoders that are joined along the width get as many chunks as the longest of them. An encoder that is only pooled gets one. */
function chunkCounts({ promptEmbeds }: Mix, own: ReadonlyMap<string, number>): Map<string, number> {
	const counts = new Map([...own.keys()].map((name) => [name, 1]));
	for (const parts of promptEmbeds) {
		const names = parts.flatMap((part) => ("encoder" in part ? [part.encoder] : []));
		const most = Math.max(...names.map((name) => own.get(name) ?? 1));
		for (const name of names) counts.set(name, most);
	}
	return counts;
}

/** Prompts of an encoder that only takes texts. They must have no weights, and must not be cut. */
function unchunked(name: string, encoder: TextEncoder, sets: readonly PromptSet[]): Chunked {
	const refuse = (what: string, found: string): never => {
		const expected = `a text that encoder ${name} (${encoder.name}) can read as a whole, because it has no promptIds`;
		throw new ArgumentError({
			what,
			expected,
			found,
			next: 'Give the encoder promptIds, or leave promptSyntax at "plain"',
		});
	};
	for (const { texts, optionOf } of sets) {
		const rest = encoder.overflow?.(texts[name]!) ?? [];
		for (const [i, prompt] of texts[name]!.entries()) {
			const what = placeOf(optionOf(name), i, texts[name]!);
			const [first, ...others] = parseAttention(prompt, what);
			if (others.length > 0 || first!.weight !== 1 || first!.text !== prompt)
				refuse(what, "one with weights or other syntax");
			if (rest[i]) refuse(what, "a longer one");
		}
	}
	return {
		count: 1,
		lay: (set, chunks) =>
			chunks === 1
				? sets[set]!.texts[name]!
				: refuse(sets[set]!.optionOf(name), "one that other encoders read in several chunks"),
	};
}
