import { readFileSync } from "node:fs";
import { float32, type TextEncoder } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { bm25Retrieval, clipRetrieval } from "../index.ts";
import { bm25 } from "./bm25.ts";
import { withoutRepeats } from "./without-repeats.ts";

// Oracles: bm25s (Lucene's BM25) and nltk's sentence_bleu, by tooling/golden/retrieval.py.

interface Golden {
	prompts: string[];
	queries: string[];
	/** `[queries][prompts]` */
	scores: number[][];
	kept: string[];
}
const golden = JSON.parse(readFileSync(new URL("../fixtures/retrieval.json", import.meta.url), "utf8")) as Golden[];
const words = (text: string) => text.split(" ");

describe.each(golden.map((each) => [each.prompts.length, each] as const))("of %i prompts", (_, each) => {
	test("BM25's scores are bm25s's", () => {
		const score = bm25(each.prompts.map(words));
		for (const [i, query] of each.queries.entries()) {
			for (const [j, found] of score(words(query)).entries()) expect(found).toBeCloseTo(each.scores[i]![j]!, 10);
		}
	});

	test("those that repeat others by nltk's BLEU are left out", () => {
		expect(withoutRepeats(each.prompts)).toEqual(each.kept);
	});
});

describe("retrieval by words", () => {
	test("finds the prompts that share most, whatever their case and punctuation, nearest first", async () => {
		const history = ["A dog.", "RED castle, at night", "a blue cat", "Castle (red); fog at night, été", "the sea"];
		expect(await bm25Retrieval(history, ["castle in fog at NIGHT", "Été"], { count: 2 })).toEqual([
			[history[3], history[1]],
			[history[3], history[0]],
		]);
	});

	test("prefers a shared word also where most prompts have it", async () => {
		expect(await bm25Retrieval(["dog", "cat"], ["a cat"], { count: 1 })).toEqual([["cat"]]);
		expect(await bm25Retrieval(["dog"], ["cat"], { count: 3 })).toEqual([["dog"]]);
		expect(await bm25Retrieval([], ["cat"], { count: 3 })).toEqual([[]]);
	});
});

describe("retrieval by CLIP", () => {
	/** Of each prompt, a direction. */
	const FEATURES: Record<string, [number, number]> = {
		n: [0, 2],
		e: [5, 0],
		ne: [1, 1],
		nne: [1, 3],
		s: [0, -9],
		w: [-1, 0],
	};
	const asked: string[][] = [];
	const encoder = {
		name: "made up",
		async encode(prompts: readonly string[], { signal }: { signal?: AbortSignal } = {}) {
			signal?.throwIfAborted();
			asked.push([...prompts]);
			return { features: float32(Float32Array.from(prompts.flatMap((each) => FEATURES[each]!)), [prompts.length, 2]) };
		},
	} as unknown as TextEncoder;
	const retrieve = clipRetrieval(encoder);

	test("finds the prompts of the nearest directions, nearest first, the older of two equally near", async () => {
		const history = ["e", "s", "nne", "w", "ne"];
		expect(await retrieve(history, ["n", "e", "s"], { count: 3 })).toEqual([
			["nne", "ne", "e"],
			["e", "ne", "nne"],
			["s", "e", "w"],
		]);
	});

	test("encodes a history once for all targets", async () => {
		asked.length = 0;
		await retrieve(["e", "s"], ["n", "w"], { count: 1 });
		expect(asked).toEqual([
			["n", "w"],
			["e", "s"],
		]);
	});

	test("is stopped by its signal, and finds nothing in an empty history", async () => {
		await expect(retrieve(["e"], ["n"], { count: 1, signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
		expect(await retrieve([], ["n", "w"], { count: 1 })).toEqual([[], []]);
	});
});
