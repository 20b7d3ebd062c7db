import { CheckpointError, type EncodeOptions, float32, type Tensor } from "@drum/tensor";
import type { OpenedExport } from "./open-export.ts";
import { feed } from "./sessions.ts";

/**
 * Runs ids `[prompts, tokens]` through the model, some prompts at a time, for the outputs asked for, each with the dims of one prompt.
 * @throws CheckpointError where an output has another shape, or numbers that are none.
 */
export async function encodeIds(
	name: string,
	{ config, prompts, model }: OpenedExport,
	ids: Tensor<"int64">,
	asked: ReadonlyMap<string, readonly number[]>,
	{ signal, onProgress }: EncodeOptions,
): Promise<Map<string, Tensor<"float32">>> {
	const [count, tokens] = ids.dims as [number, number];
	const { batch, attendsToPadding } = config.kind;
	const parts = new Map<string, Float32Array[]>(Array.from(asked.keys(), (output) => [output, []]));
	for (let from = 0; from < count; from += batch) {
		const to = Math.min(from + batch, count);
		const data = ids.data.slice(from * tokens, to * tokens);
		const mask = data.map((id) => (attendsToPadding || id !== BigInt(prompts.pad) ? 1n : 0n));
		const dims = [to - from, tokens];
		const feeds = { input_ids: feed("int64", data, dims), attention_mask: feed("int64", mask, dims) };
		const results = await model.run(feeds, [...asked.keys()], signal);
		for (const [output, own] of asked)
			parts.get(output)!.push(checked(name, output, results[output], [to - from, ...own]));
		onProgress?.(to, count);
	}
	return new Map(Array.from(asked, ([output, own]) => [output, float32(joined(parts.get(output)!), [count, ...own])]));
}

/** An output's numbers, if they are numbers and as many as they should be. */
export function checked(
	name: string,
	output: string,
	found: { data: Float32Array; dims: readonly number[] } | undefined,
	dims: readonly number[],
): Float32Array {
	const what = `output ${output} of ${name}`;
	if (found?.dims.join() !== dims.join())
		throw new CheckpointError({ what, expected: `[${dims.join(", ")}]`, found: `[${found?.dims.join(", ")}]` });
	const wrong = found.data.find((value) => !Number.isFinite(value));
	if (wrong === undefined) return found.data;
	throw new CheckpointError({ what, expected: "numbers", found: String(wrong), next: "Check its weights" });
}

/** Where each prompt ends: at the first end of text, or, in configurations of old, where 2 stands for it, at the largest id. */
export function classRows({ data, dims }: Tensor<"int64">, endOfText: number): number[] {
	const [count, tokens] = dims as [number, number];
	return Array.from({ length: count }, (_, i) => {
		const row = data.subarray(i * tokens, (i + 1) * tokens);
		if (endOfText !== 2) return Math.max(0, row.indexOf(BigInt(endOfText)));
		return row.reduce((best, id, place) => (id > row[best]! ? place : best), 0);
	});
}

function joined(parts: readonly Float32Array[]): Float32Array {
	const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
