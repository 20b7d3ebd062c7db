import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepository } from "@drum/hub";
import { CheckpointError, DownloadError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clip, t5 } from "./encoder-places.ts";
import { openLayout, smallFiles } from "./sources/repository-source.ts";

const COMMIT = "a".repeat(40);
const CLIP = { hidden_size: 8, intermediate_size: 8, num_attention_heads: 2, num_hidden_layers: 1, vocab_size: 9 };
const T5 = {
	d_model: 8,
	d_ff: 8,
	d_kv: 4,
	num_heads: 2,
	num_layers: 1,
	vocab_size: 9,
	feed_forward_proj: "gated-gelu",
};

let cacheDir: string;
beforeEach(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), "places-"));
});
afterEach(() => rm(cacheDir, { recursive: true }));

/** A hub cache with some of a repository's files, as an older huggingface_hub leaves it: without the list of files. */
async function cached(files: Record<string, string>) {
	const { source, options } = await inCache(files);
	return smallFiles(await openRepository(source, options));
}

async function inCache(files: Record<string, string>) {
	for (const [path, text] of Object.entries({ "README.md": "", ...files })) {
		const at = join(cacheDir, "models--owner--model/snapshots", COMMIT, path);
		await mkdir(join(at, ".."), { recursive: true });
		await writeFile(at, text);
	}
	return { source: "owner/model", options: { cacheDir, offline: true, revision: COMMIT, token: "" } };
}

describe("offline, with files that were not downloaded", () => {
	it("the error names the tokenizer", async () => {
		const repository = await cached({
			"text_encoder/config.json": JSON.stringify(CLIP),
			"text_encoder_3/config.json": JSON.stringify(T5),
			"tokenizer/vocab.json": "{}",
		});
		for (const [place, named] of [
			[clip("text_encoder", "tokenizer"), "tokenizer/tokenizer.json, or vocab.json and merges.txt,"],
			[t5("text_encoder_3", "tokenizer_3"), "tokenizer_3/tokenizer.json or spiece.model"],
		] as const) {
			const error = await place.open(repository).catch((error: unknown) => error);
			expect(error).toBeInstanceOf(DownloadError);
			expect(String(error)).toContain(`owner/model: ${named} is not in the cache`);
			expect(String(error)).toContain("offline, as set by the option offline");
		}
	});

	it("the error names model_index.json", async () => {
		const { source, options } = await inCache({});
		await expect(openLayout(source, options, {})).rejects.toMatchObject({
			code: "download",
			what: expect.stringContaining("owner/model: model_index.json is not in the cache"),
		});
	});
});

describe("a file of another kind in a folder", () => {
	const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n";

	it.each(["text_encoder/config.json", "tokenizer/vocab.json", "tokenizer/merges.txt"])(
		"the error says what %s is",
		async (path) => {
			const files = { "text_encoder/config.json": JSON.stringify(CLIP), "tokenizer/vocab.json": "{}" };
			for (const [content, next] of [
				[POINTER, "git lfs pull"],
				["<!doctype html><html>", "Fetch it again"],
			] as const) {
				const repository = await cached({ ...files, [path]: content });
				const error = await clip("text_encoder", "tokenizer")
					.open(repository)
					.catch((error: unknown) => error);
				expect(error).toBeInstanceOf(CheckpointError);
				expect(error).toMatchObject({ what: `owner/model/${path}`, next: expect.stringContaining(next) });
			}
		},
	);
});
