import { appendFile, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32 } from "@drum/tensor";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Conditions, EncodingCache } from "./encoding-cache.ts";

// Oracle: the encoder itself, without the cache.

const DIMS = [3, 4];
const SIZE = 12;
const asked: string[] = [];
const compute: Conditions = async (captions) => {
	asked.push(...captions);
	const data = Float32Array.from({ length: captions.length * SIZE }, (_, i) =>
		Math.fround(Math.sin(captions[Math.floor(i / SIZE)]!.length + 0.1 * (i % SIZE))),
	);
	return float32(data, [captions.length, ...DIMS]);
};

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "encodings-"));
	folders.push(folder);
	asked.length = 0;
});
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

const BATCH = ["a cat", "a lighthouse", "a cat", "boats"];

async function ask(captions: readonly string[], fingerprint = "encoder") {
	await using cache = await EncodingCache.open(folder, fingerprint, DIMS);
	return await cache.conditions(compute)(captions);
}

describe("an encoding cache", () => {
	test("gives the same as the encoder, and encodes each caption once, also over several runs", async () => {
		const expected = await compute(BATCH);
		asked.length = 0;
		expect(await ask(BATCH)).toEqual(expected);
		expect(asked).toEqual(["a cat", "a lighthouse", "boats"]);
		expect(await ask([...BATCH, "new"])).toEqual(await compute([...BATCH, "new"]));
		expect(asked.slice(3, 4)).toEqual(["new"]);
	});

	test("separates the conditions of different encoders", async () => {
		await ask(BATCH);
		await ask(BATCH, "another");
		expect(asked).toHaveLength(6);
		expect(await readdir(folder)).toHaveLength(4);
	});

	test.each([
		["a condition without its key", (name: string) => appendFile(`${name}.bin`, new Uint8Array(SIZE * 4))],
		["half of a condition", (name: string) => truncate(`${name}.bin`, SIZE * 4 * 2 + 7)],
		["half of a key", (name: string) => truncate(`${name}.keys`, 16 * 2 + 5)],
	])("of a killed process that left %s works like new", async (_, damage) => {
		const expected = await ask(BATCH);
		const [file] = await readdir(folder);
		await damage(join(folder, file!.replace(/\.\w+$/, "")));
		expect(await ask(BATCH)).toEqual(expected);
		expect(await ask(["boats"])).toEqual(await compute(["boats"]));
	});

	test("of two simultaneous trainings in one folder stops the one that would mix up both, and then works like new", async () => {
		{
			await using first = await EncodingCache.open(folder, "encoder", DIMS);
			await using second = await EncodingCache.open(folder, "encoder", DIMS);
			await first.conditions(compute)(["a cat"]);
			await expect(second.conditions(compute)(["a lighthouse"])).rejects.toMatchObject({
				code: "file",
				message: expect.stringContaining("a folder of its own"),
			});
		}
		expect(await ask(BATCH)).toEqual(await compute(BATCH));
	});

	test("names a path that cannot be a folder", async () => {
		const file = join(folder, "file");
		await writeFile(file, "");
		await expect(EncodingCache.open(file, "encoder", DIMS)).rejects.toMatchObject({
			code: "file",
			message: expect.stringContaining(`encodings in ${file}: expected a folder that can be written to`),
		});
	});
});
