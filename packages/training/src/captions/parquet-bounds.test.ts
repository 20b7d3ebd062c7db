import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import { temporaryFolder } from "@drum/test-made-up";
import { afterAll, expect, test } from "vitest";
import { openCaptions } from "./captions.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);

test("a page of five hundred million values in a file of 10 kB is refused before arrays are made of it", async () => {
	const bytes = await readFile(join(import.meta.dirname, "fixtures/pages-v2.parquet"));
	bytes.set([0x80, 0x94, 0xeb, 0xdc, 0x03], 4164);
	const path = join(folder, "bomb.parquet");
	await writeFile(path, bytes);
	const error = await openCaptions(path, { column: "snappy" }).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(FileError);
	expect(error).toMatchObject({ found: "row group 3: a page of 500000000 values where 1 can be" });
	const captions = await openCaptions(path, { column: "zstd" });
	expect(captions.count).toBe(11);
	await captions.close();
});

test("whichever byte of a file is another, what is refused is refused by a FileError", async () => {
	const bytes = await readFile(join(import.meta.dirname, "fixtures/pages-v1.parquet"));
	const path = join(folder, "changed.parquet");
	const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
	const wrong: unknown[] = [];
	for (let at = footer; at < bytes.length; at += 11) {
		const changed = Buffer.from(bytes);
		changed[at]! ^= 0xff;
		await writeFile(path, changed);
		try {
			await (await openCaptions(path, { column: "snappy" })).close();
		} catch (error) {
			if (!(error instanceof FileError)) wrong.push([at, error]);
		}
	}
	expect(wrong).toEqual([]);
});
