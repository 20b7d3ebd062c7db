import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import { temporaryFolder } from "@drum/test-made-up";
import { afterAll, expect, test } from "vitest";
import { onePage, varint } from "../testing/one-page.ts";
import { openCaptions } from "./captions.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);

test("a page of five hundred million values in a file of 10 kB is refused before arrays are allocated", async () => {
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

/** Numbers with equal differences in `DELTA_BINARY_PACKED`: one block, with no bits for deviations. */
const even = (count: number, first: number, step: number) => [
	...varint(2 ** 17),
	1,
	...varint(count),
	...varint(first * 2),
	...varint(step * 2),
	0,
];
const DELTA = 7;
const WORDS = [...Buffer.from("a cat")];

test.each([
	{
		is: "texts that each begin as the one before",
		made: { rows: 100_000, encoding: DELTA, page: [...even(100_000, 0, 1), ...even(100_000, 1, 0), ...WORDS] },
		found: "row group 1: texts of 5000050000 bytes in ",
	},
	{
		is: "a text that begins with more than the one before has",
		made: { rows: 2, encoding: DELTA, page: [...even(2, 0, 9), ...even(2, 2, 0), ...WORDS] },
		found: "row group 1: 9 bytes of a value that has 2",
	},
	{
		is: "a run of nulls that is longer than the page",
		made: { rows: 3, encoding: 0, page: [5, 0, 0, 0, ...varint(2 ** 28), 0], isOptional: true },
		found: "row group 1: a run of 134217728 values where 3 can be",
	},
	{
		is: "a run of one word of a dictionary that is longer than the page",
		made: { rows: 3, encoding: 8, page: [1, ...varint(2 ** 28), 0] },
		found: "row group 1: a run of 134217728 values where 3 can be",
	},
])("$is is refused before memory is allocated for it", async ({ made, found }) => {
	const path = join(folder, "made.parquet");
	await writeFile(path, onePage(made));
	const error = await openCaptions(path).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(FileError);
	expect((error as FileError).found).toContain(found);
});

test("a synthetic page of valid texts is read", async () => {
	const path = join(folder, "sound.parquet");
	await writeFile(
		path,
		onePage({ rows: 2, encoding: DELTA, page: [...even(2, 0, 2), ...even(2, 2, 0), ...Buffer.from("abcd")] }),
	);
	const captions = await openCaptions(path);
	expect((await captions.next(2)).sort()).toEqual(["ab", "abcd"]);
	await captions.close();
});

test("a changed byte anywhere in a file leads to a FileError, if the file is refused", async () => {
	const bytes = await readFile(join(import.meta.dirname, "fixtures/pages-v1.parquet"));
	const path = join(folder, "changed.parquet");
	const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
	const wrong: unknown[] = [];
	for (let at = footer; at < bytes.length; at += 23) {
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
