import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TransformersTextEncoder, type TransformersTextEncoderOptions } from "@drum/encoders-transformers";
import { env } from "@huggingface/transformers";
import { afterAll } from "vitest";

const FIXTURES = fileURLToPath(new URL("../golden/fixtures/exports", import.meta.url));
const T5_TOKENIZER = new URL("../../packages/encoders-t5/src/fixtures/tokenizer/tokenizer.json", import.meta.url);

// transformers.js looks in its own folders first: none of a test's may be there.
const folder = await mkdtemp(join(tmpdir(), "drum-exports-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
env.cacheDir = join(folder, "cache");
env.localModelPath = folder;
env.allowRemoteModels = false;
await cp(FIXTURES, join(folder, "tiny"), { recursive: true });
await cp(T5_TOKENIZER, join(folder, "tiny", "t5", "tokenizer.json"));

/** Where the exports lie, by names that transformers.js takes as a hub's: `tiny/clip`. */
export const EXPORTS = folder;

export function openExport(name: string, options: TransformersTextEncoderOptions = {}) {
	return TransformersTextEncoder.fromPretrained(`tiny/${name}`, { threads: 1, localFilesOnly: true, ...options });
}
