import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ArgumentError, FileError, parseJson, sha256, shown, writeFile } from "@drum/tensor";
import { hubHome, readTextFile } from "@drum/tensor/node";
import * as z from "zod";
import type { CaptionCache } from "./caption-cache.ts";

/** A caption's file, more than which is damage. */
const LARGEST_ENTRY = 65_536;

const ENTRY = z.object({ captioner: z.string(), prompt: z.string().min(1) });

/**
 * Captions in files, a folder for each picture: `<folder>/<picture's hash>/<captioner's hash>.json`. Files are whole at every moment and
 * the user's own to read; a damaged one counts as none.
 */
export class FolderCaptionCache implements CaptionCache {
	readonly folder: string;

	/** @param folder default `drum/captions` in the hub's home: `HF_HOME`, else `~/.cache/huggingface` */
	constructor(folder = join(hubHome(), "drum", "captions")) {
		this.folder = resolve(folder);
	}

	async get(picture: string, captioner: string): Promise<string | undefined> {
		try {
			const text = await readTextFile(this.#path(picture, captioner), { most: LARGEST_ENTRY });
			const entry = ENTRY.parse(parseJson(text));
			return entry.captioner === captioner ? entry.prompt : undefined;
		} catch (error) {
			if (error instanceof ArgumentError) throw error;
			return undefined;
		}
	}

	/** @throws FileError where it cannot be written. */
	async set(picture: string, captioner: string, prompt: string): Promise<void> {
		const bytes = new TextEncoder().encode(JSON.stringify({ captioner, prompt }));
		const expected = "a place to keep a caption";
		await writeFile(this.#path(picture, captioner), [bytes], { expected, mode: 0o600 });
	}

	/** @throws FileError where it cannot be removed. */
	async forget(picture: string): Promise<void> {
		const path = this.#folderOf(picture);
		await rm(path, { recursive: true, force: true }).catch((cause: Error) => {
			throw new FileError({ what: path, expected: "captions that can be removed", found: cause.message, cause });
		});
	}

	#path(picture: string, captioner: string): string {
		return join(this.#folderOf(picture), `${sha256(captioner).slice(0, 32)}.json`);
	}

	#folderOf(picture: string): string {
		if (typeof picture === "string" && /^[0-9a-f]{64}$/.test(picture)) return join(this.folder, picture);
		throw new ArgumentError({ what: "picture", expected: "a picture's hash, by pictureHash", found: shown(picture) });
	}
}
