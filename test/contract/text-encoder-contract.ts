import { DrumError, float32, sizeOf, type Tensor, type TextEncoder } from "@drum/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PROMPTS = ["a red cat", "", "a very long prompt ".repeat(60), "Ünïcödé 🎨 \ud800", "a blue dog", "x"];

/** Numbers of the same prompt in another batch may differ by the order of their sums. */
const CLOSE = 1e-5;

/**
 * What every `TextEncoder` must do so that adapters and profiles can stand on it: see README.md.
 *
 * @param name names the backend in the test report
 * @param make makes an encoder; each call gives one of the same model, with whichever of its skips
 */
export function textEncoderContract(name: string, make: () => Promise<TextEncoder>): void {
	describe(`${name} keeps the contract of a text encoder`, () => {
		let encoder: TextEncoder;
		beforeAll(async () => {
			encoder = await make();
		});
		afterAll(() => encoder.release());

		it("tells its sizes, its name and a fingerprint that another of its kind shares", async () => {
			for (const size of [encoder.width, encoder.heads, encoder.tokens])
				expect(Number.isInteger(size) && size > 0).toBe(true);
			expect(encoder.width % encoder.heads).toBe(0);
			expect(encoder.name).not.toBe("");
			expect(encoder.fingerprint).not.toBe("");
			const other = await make();
			expect(other.fingerprint).toBe(encoder.fingerprint);
			await other.release();
		});

		it("tokenizes any strings to int64 [prompts, tokens], each by itself", () => {
			const ids = encoder.tokenize(PROMPTS);
			expect([ids.type, ids.dims]).toEqual(["int64", [PROMPTS.length, encoder.tokens]]);
			expect(ids.data).toBeInstanceOf(BigInt64Array);
			for (const [i, prompt] of PROMPTS.entries()) expect(row(ids, i)).toEqual([...encoder.tokenize([prompt]).data]);
			expect(encoder.tokenize([]).dims).toEqual([0, encoder.tokens]);
		});

		it("gives ids one by one, if at all, that make the rows of its prompts", () => {
			const { promptIds, tokens } = encoder;
			if (!promptIds) return expect(encoder.promptIds).toBeUndefined();
			const short = PROMPTS.filter((prompt) => prompt.length < 50);
			const { ids, starts } = promptIds.rows(promptIds.of(short), tokens);
			expect(ids).toEqual(encoder.tokenize(short));
			for (const [i, line] of promptIds.of(short).entries())
				expect(row(ids, i).slice(starts[i], starts[i]! + line.length)).toEqual(line.map(BigInt));
			const [long] = promptIds.of([PROMPTS[2]!]);
			expect(long!.length).toBeGreaterThan(tokens - promptIds.around);
		});

		it("encodes prompts and their ids to the same finite numbers, of the shapes it told", async () => {
			const encoding = await encoder.encode(PROMPTS);
			const states = Object.values(encoding.hidden);
			expect(states.length).toBeGreaterThan(0);
			for (const hidden of states) expectTensor(hidden, [PROMPTS.length, encoder.tokens, encoder.width]);
			if (encoding.features) {
				expectTensor(encoding.features, [PROMPTS.length, encoding.features.dims[1]!]);
				expect(encoding.features.dims[1]).toBeGreaterThan(0);
			}
			const fromIds = await encoder.encode(encoder.tokenize(PROMPTS));
			for (const [skip, hidden] of Object.entries(encoding.hidden))
				expectClose(fromIds.hidden[Number(skip) as -1 | -2]!, hidden);
			expect(fromIds.classRows).toEqual(encoding.classRows);
		});

		it("has the last hidden state, and a class row for each prompt exactly if it says so", async () => {
			const { hidden, classRows } = await encoder.encode(PROMPTS);
			expect(hidden[-1]).toBeDefined();
			expect(classRows !== undefined).toBe(encoder.hasClassRow);
			expect(classRows?.length ?? PROMPTS.length).toBe(PROMPTS.length);
			for (const at of classRows ?? []) expect(Number.isInteger(at) && at >= 0 && at < encoder.tokens).toBe(true);
		});

		it("tells how many rows are a prompt's own exactly if it says so, and has zeros behind them", async () => {
			const { hidden, lengths } = await encoder.encode(PROMPTS);
			expect(lengths !== undefined).toBe(encoder.hasLengths === true);
			if (!lengths) return;
			expect(lengths).toHaveLength(PROMPTS.length);
			for (const [i, length] of lengths.entries()) {
				expect(Number.isInteger(length) && length >= 1 && length <= encoder.tokens).toBe(true);
				for (const states of Object.values(hidden)) {
					const rest = row(states, i).slice(length * encoder.width);
					expect(rest.every((value) => value === 0)).toBe(true);
				}
			}
			expect((await encoder.encode(encoder.tokenize(PROMPTS))).lengths).toEqual(lengths);
			expect((await encoder.encode([])).lengths).toEqual([]);
		});

		it("gives a prompt the same numbers in any company, and other prompts others", async () => {
			const all = (await encoder.encode(PROMPTS)).hidden[-1]!;
			for (const [i, prompt] of PROMPTS.entries()) {
				const one = (await encoder.encode([prompt])).hidden[-1]!;
				expectClose(float32(Float32Array.from(row(all, i)), one.dims), one);
			}
			expect(row(all, 0)).not.toEqual(row(all, 4));
		});

		it("gives tensors of no prompts for none", async () => {
			const { hidden, classRows, features } = await encoder.encode([]);
			expect(hidden[-1]).toEqual(float32(new Float32Array(0), [0, encoder.tokens, encoder.width]));
			expect(classRows).toEqual(encoder.hasClassRow ? [] : undefined);
			const { features: some } = await encoder.encode(["a"]);
			expect(features).toEqual(some && float32(new Float32Array(0), [0, some.dims[1]!]));
		});

		it("leaves what it was given as it was", async () => {
			const ids = encoder.tokenize(PROMPTS);
			const before = [...ids.data];
			await encoder.encode(ids);
			expect([...ids.data]).toEqual(before);
			const states = (await encoder.encode(["a"])).hidden[-1]!;
			const numbers = [...states.data];
			await encoder.normalize(states);
			await encoder.project(states);
			expect([...states.data]).toEqual(numbers);
		});

		it("norms rows one by one, whatever the axes before the last", async () => {
			const states = (await encoder.encode(PROMPTS)).hidden[-1]!;
			const normed = await encoder.normalize(states);
			expectTensor(normed, states.dims);
			const first = await encoder.normalize(float32(states.data.slice(0, 2 * encoder.width), [2, encoder.width]));
			expectClose(first, float32(normed.data.slice(0, 2 * encoder.width), [2, encoder.width]));
			const none = await encoder.normalize(float32(new Float32Array(0), [0, encoder.width]));
			expect([...none.data]).toEqual([]);
		});

		it("has as features its normed and projected class rows", async () => {
			const { hidden, classRows, features } = await encoder.encode(PROMPTS);
			if (!classRows || !features) return expect(encoder.hasClassRow && features !== undefined).toBe(false);
			const rows = classRows.flatMap((at, i) =>
				row(hidden[-1]!, i).slice(at * encoder.width, (at + 1) * encoder.width),
			);
			const pooled = float32(Float32Array.from(rows as number[]), [PROMPTS.length, encoder.width]);
			expectClose(await encoder.project(await encoder.normalize(pooled)), features);
		});

		it.each<[string, (tokens: number) => number[]]>([
			["another length", (tokens) => [1, tokens + 1]],
			["one axis", (tokens) => [tokens]],
		])("refuses ids of %s, as a mistake of the caller's", async (_, shape) => {
			const dims = shape(encoder.tokens);
			const call = encoder.encode({ type: "int64", dims, data: new BigInt64Array(sizeOf(dims)) });
			await expect(call).rejects.toSatisfy((error) => DrumError.is(error) && error.code === "argument");
		});

		it.each(["a red cat", 5, null, undefined, {}])("refuses %j in place of prompts", async (given) => {
			const call = encoder.encode(given as never);
			await expect(call).rejects.toSatisfy((error) => DrumError.is(error) && error.code === "argument");
		});

		it.each([-1n, 2n ** 40n])("refuses the id %d, which no vocabulary has", async (id) => {
			const data = encoder.tokenize(["a"]).data.fill(id, 3, 4);
			const call = encoder.encode({ type: "int64", dims: [1, encoder.tokens], data });
			await expect(call).rejects.toSatisfy((error) => DrumError.is(error) && error.code === "argument");
		});

		it("throws the reason of a signal that has fired, and of one that fires meanwhile; other calls go on", async () => {
			const reason = new Error("enough");
			await expect(encoder.encode(PROMPTS, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
			const control = new AbortController();
			const many = Array.from({ length: 48 }, (_, i) => `prompt ${i}`);
			const onProgress = () => control.abort(reason);
			const cancelled = encoder.encode(many, { signal: control.signal, onProgress });
			const other = encoder.encode(PROMPTS);
			await expect(cancelled).rejects.toBe(reason);
			expect((await other).hidden[-1]!.dims[0]).toBe(PROMPTS.length);
		});

		it("cancels a first call without ending another that waits for the same model", async () => {
			const own = await make();
			const reason = new Error("enough");
			const control = new AbortController();
			const cancelled = own.encode(PROMPTS, { signal: control.signal });
			const other = own.encode(PROMPTS);
			control.abort(reason);
			await expect(cancelled).rejects.toBe(reason);
			expectClose((await other).hidden[-1]!, (await encoder.encode(PROMPTS)).hidden[-1]!);
			await own.release();
		});

		it("tells progress that grows to the number of prompts", async () => {
			const told: number[] = [];
			await encoder.encode(PROMPTS, {
				onProgress: (done, total) => {
					expect(total).toBe(PROMPTS.length);
					told.push(done);
				},
			});
			expect(told.at(-1)).toBe(PROMPTS.length);
			expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
		});

		it("serves calls at the same time, each with its own", async () => {
			const expected = await encoder.encode(PROMPTS);
			const found = await Promise.all(PROMPTS.map((prompt) => encoder.encode([prompt])));
			for (const [i, { hidden }] of found.entries())
				expectClose(hidden[-1]!, float32(Float32Array.from(row(expected.hidden[-1]!, i)), hidden[-1]!.dims));
		});

		it("is released quietly, twice and during a call, which ends as if nothing were", async () => {
			const own = await make();
			const encoding = own.encode(PROMPTS);
			await Promise.all([own.release(), own.release()]);
			expectClose((await encoding).hidden[-1]!, (await encoder.encode(PROMPTS)).hidden[-1]!);
			await own.release();
		});
	});
}

function row({ data, dims }: Tensor, i: number): (number | bigint)[] {
	const size = data.length / dims[0]!;
	return [...data.slice(i * size, (i + 1) * size)];
}

function expectTensor(tensor: Tensor<"float32">, dims: readonly number[]): void {
	expect([tensor.type, tensor.dims]).toEqual(["float32", dims]);
	expect(tensor.data).toBeInstanceOf(Float32Array);
	expect(tensor.data.length).toBe(sizeOf(dims));
	expect(tensor.data.every(Number.isFinite)).toBe(true);
}

function expectClose(found: Tensor<"float32">, expected: Tensor<"float32">): void {
	expect(found.dims).toEqual(expected.dims);
	const worst = found.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i]!)), 0);
	expect(worst).toBeLessThanOrEqual(CLOSE);
}
