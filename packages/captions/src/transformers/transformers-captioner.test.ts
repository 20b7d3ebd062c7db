import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Image } from "@drum/diffusion";
import { ArgumentError, CheckpointError, FileError, type Warning } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import { env } from "@huggingface/transformers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { captionHistory } from "../index.ts";
import { TransformersCaptioner } from "../transformers.ts";

// Oracle: transformers' greedy generate on the same weights, by tooling/golden/captioner.py.

const folder = fileURLToPath(new URL("../../../../test/golden/fixtures/exports/vit-gpt2", import.meta.url));
interface Golden {
	side: number;
	tokens: number;
	rows: { picture: number[]; caption: string }[];
}
const { side, tokens, rows }: Golden = JSON.parse(readFileSync(join(folder, "captions.json"), "utf8"));
const pictures = rows.map(({ picture }): Image => ({ width: side, height: side, data: Uint8Array.from(picture) }));

let captioner: TransformersCaptioner;
beforeAll(async () => {
	env.allowRemoteModels = false;
	captioner = await TransformersCaptioner.fromPretrained(folder, { dtype: "fp32", tokens });
});
afterAll(() => captioner.release());

test("captions are transformers' own, also of several pictures at once", async () => {
	const told = await Promise.all(pictures.map((picture) => captioner.caption(picture)));
	expect(told).toEqual(rows.map(({ caption }) => caption));
	expect(captioner.name).toBe(`${folder}, fp32, ${tokens} tokens`);
});

test("a picture of another size is seen whole, and its caption counts as a prompt", async () => {
	const image = { width: 90, height: 40, data: new Uint8Array(90 * 40 * 3).fill(77) };
	const { history } = await captionHistory([{ image }], { captioner });
	expect(history[0]).toMatchObject({ captionFrom: captioner.name, prompt: expect.stringMatching(/\S/) });
});

test("fewer tokens are fewer words, and a signal ends a caption", async () => {
	await using brief = await TransformersCaptioner.fromPretrained(folder, { dtype: "fp32", tokens: 3 });
	expect(rows[0]!.caption.startsWith(await brief.caption(pictures[0]!))).toBe(true);
	const controller = new AbortController();
	const ended = captioner.caption(pictures[0]!, { signal: controller.signal });
	controller.abort(new Error("enough"));
	await expect(ended).rejects.toThrow("enough");
	expect(await captioner.caption(pictures[1]!)).toBe(rows[1]!.caption);
});

test("a revision of a folder has no effect, which a warning says", async () => {
	const warnings: Warning[] = [];
	const onWarning = (warning: Warning) => void warnings.push(warning);
	const opening = TransformersCaptioner.fromPretrained(folder, { revision: "v2", device: "abacus", onWarning });
	await expect(opening).rejects.toThrow("abacus");
	expect(warnings).toMatchObject([
		{ code: "option-unused", what: "revision", message: expect.stringContaining(folder) },
	]);
});

test.each([
	["a source", ["", {}], ArgumentError, /source/],
	["tokens", [folder, { tokens: 0 }], ArgumentError, /tokens/],
	["a device", [folder, { device: "abacus" }], Error, /abacus/],
	["a folder that is not there", [`${folder}/none`, {}], FileError, /none/],
] as const)("%s that is none is refused", async (_, [source, options], kind, message) => {
	const opening = TransformersCaptioner.fromPretrained(source, options);
	await expect(opening).rejects.toThrow(kind);
	await expect(opening).rejects.toThrow(message);
});

test("another kind of model is refused before its weights are looked for, and one without weights by the file", async () => {
	const copy = join(await folderOf(), "copy");
	cpSync(folder, copy, { recursive: true });
	rmSync(join(copy, "onnx/decoder_model_merged.onnx"));
	await expect(TransformersCaptioner.fromPretrained(copy)).rejects.toThrow(FileError);
	writeFileSync(join(copy, "config.json"), JSON.stringify({ model_type: "blip" }));
	const opening = TransformersCaptioner.fromPretrained(copy);
	await expect(opening).rejects.toThrow(CheckpointError);
	await expect(opening).rejects.toThrow(/expected vision-encoder-decoder, found "blip"/);
});
