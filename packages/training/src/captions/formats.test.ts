import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { ArgumentError, FileError } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import fixture from "./fixtures/captions.json" with { type: "json" };
import { type CaptionsOptions, openCaptions } from "./index.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);

async function written(name: string, content: string | Uint8Array): Promise<string> {
	const path = join(folder, name);
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, content);
	return path;
}

/** An epoch's captions, sorted, and the digests, which show the order in the files. */
async function read(paths: string | readonly string[], options: CaptionsOptions = {}) {
	await using captions = await openCaptions(paths, options);
	const all = (await captions.next(captions.count)).toSorted();
	return { all, skipped: captions.skipped, files: captions.state().files };
}

/** The captions of rows, by the definition. */
const countedOf = (rows: readonly (string | null)[]) =>
	rows.map((row) => (row ?? "").trim()).filter((row) => row !== "");

const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** Each format by its own specification, with quotes around every cell. */
const WRITERS: Readonly<Record<string, (rows: readonly string[], end: string) => string>> = {
	jsonl: (rows, end) => rows.map((text, id) => JSON.stringify({ id, text }) + end).join(""),
	csv: (rows, end) => `id,text${end}${rows.map((text, id) => `${id},${cell(text)}${end}`).join("")}`,
	tsv: (rows, end) => `text\tid${end}${rows.map((text, id) => `${cell(text)}\t${id}${end}`).join("")}`,
};

const text = fc
	.oneof(
		fc.string({ unit: "binary", maxLength: 12 }),
		fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r\n", " ", "\t", ";", "a", "猫", "\ufeff"), maxLength: 8 }),
	)
	.map((each) => each.replaceAll("\0", ""));

describe("formats", () => {
	test("give the same captions, with both kinds of line breaks, compressed or not, with or without a byte order mark", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(text, { minLength: 1, maxLength: 20 }),
				fc.constantFrom("\n", "\r\n"),
				fc.boolean(),
				fc.boolean(),
				async (rows, end, gzip, mark) => {
					const counted = countedOf(rows);
					fc.pre(counted.length > 0);
					const found = await Promise.all(
						Object.entries(WRITERS).map(async ([format, writer]) => {
							const content = (mark ? "\ufeff" : "") + writer(rows, end);
							return read(await written(`same.${format}${gzip ? ".gz" : ""}`, gzip ? gzipSync(content) : content));
						}),
					);
					for (const each of found) expect(each).toEqual({ ...found[0], all: counted.toSorted() });
					expect(found[0]!.skipped).toBe(rows.length - counted.length);
				},
			),
			{ numRuns: 150 },
		);
	});

	test("agree over many blocks, with long captions and lines across their borders", async () => {
		const rows = Array.from({ length: 20_000 }, (_, i) => `${i} ${"雪,\n".repeat(i % 23)}猫 "${i}"`);
		const expected = rows.toSorted();
		for (const [format, writer] of Object.entries(WRITERS)) {
			expect((await read(await written(`blocks.${format}`, writer(rows, "\r\n")))).all).toEqual(expected);
		}
		const lines = rows.map((row) => row.replaceAll("\n", " "));
		const textFile = await read(await written("blocks.txt", lines.join("\n")));
		expect(textFile).toEqual(await read(await written("lines.jsonl", WRITERS.jsonl!(lines, "\n"))));
	});

	test.each(["v1", "v2"])(
		"of Parquet, with pages %s written by pyarrow, are read in each compression",
		async (version) => {
			const path = join(import.meta.dirname, `fixtures/pages-${version}.parquet`);
			const expected = { all: countedOf(fixture).toSorted(), skipped: 2 };
			const lines = await read(await written("same.jsonl", fixture.map((each) => JSON.stringify({ each })).join("\n")));
			for (const column of ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]) {
				expect(await read(path, { column })).toEqual({ ...expected, files: lines.files });
			}
		},
	);

	test.each<[string, string, string, CaptionsOptions, string[]]>([
		["lines of text, white space aside", "a.txt", "one\r\n\n  two \n\t\nthree", {}, ["one", "two", "three"]],
		["old line breaks", "old.txt", "one\rtwo\r", {}, ["one", "two"]],
		["a text of another name", "names.list", "one\ntwo", { format: "text" }, ["one", "two"]],
		["upper case", "A.CSV", "Caption\none\n", {}, ["one"]],
		["the only column", "only.csv", 'about\n"one, two"\n\n', {}, ["one, two"]],
		["caption before text and prompt", "many.csv", "prompt,text,Caption\na,b,c\n", {}, ["c"]],
		["a named column", "named.tsv", "caption\tother\na\tb\n", { column: "other" }, ["b"]],
		["the very name before another case", "case.csv", "TEXT,text\na,b\n", { column: "text" }, ["b"]],
		["no header", "bare.tsv", "a\thttp://1\nb\thttp://2", { column: 0 }, ["a", "b"]],
		["semicolons", "semicolon.csv", "id;text\n1;a, b\n", {}, ["a, b"]],
		["quotes within cells", "quotes.tsv", 'id\ttext\n1\ta "b" c\n', {}, ['a "b" c']],
		["strings", "strings.jsonl", '"one"\n{"text": "two"}\n\n{"text": null, "caption": "no"}', {}, ["one", "two"]],
		["NUL in an escape", "nul.jsonl", '"a\\u0000b"', {}, ["a\0b"]],
		["half a character", "half.ndjson", '"a\\ud800"', {}, ["a\ufffd"]],
	])("take %s", async (_, name, content, options, expected) => {
		expect((await read(await written(name, content), options)).all).toEqual(expected.toSorted());
	});

	test("unpack gzip of several members", async () => {
		const path = await written("members.txt.gz", Buffer.concat([gzipSync("one\n"), gzipSync("two\n")]));
		expect((await read(path)).all).toEqual(["one", "two"]);
	});
});

describe("errors name a wrong file and its line", () => {
	const LONG = "a".repeat(11 * 2 ** 20);
	test.each<[string, string, string | Uint8Array, CaptionsOptions, string, string]>([
		["an empty file", "empty.txt", "", {}, "", "none"],
		["white space", "blank.jsonl", "\n \n\t", {}, "", "none"],
		["a header alone", "header.csv", "caption\n", {}, "", "none"],
		["no header", "nothing.csv", "\n\n", {}, ", line 1", "nothing"],
		["no such column", "columns.csv", "a,b\n1,2\n", {}, ", line 1", '"a", "b"'],
		["no column of that name", "named.csv", "text,b\n1,2\n", { column: "c" }, ", line 1", '"text", "b"'],
		["no column of that number", "numbered.csv", "1,2\n", { column: 2 }, ", line 1", "2 columns"],
		["too many cells", "cells.csv", 'id,text\n1,"a\nb"\n2,c, d\n', {}, ", line 4", '3: ["2", "c", " d"]'],
		["too few cells", "few.tsv", "id\ttext\r\n\r\n1\r\n", {}, ", line 3", '1: ["1"]'],
		["an open quote", "open.csv", 'text\na\n"b\nc\n', {}, ", line 3", "Quote Not Closed"],
		["no JSON", "broken.jsonl", '"a"\n\n{"text": "b"', {}, ", line 3", '"{\\"text'],
		["a JSON array", "array.jsonl", '[\n{"text": "b"}\n]', {}, ", line 1", '"["'],
		["a number", "number.jsonl", '{"text": "a"}\n{"text": 5}', {}, ", line 2", "5"],
		["a row of another kind", "list.jsonl", '{"text": "a"}\n["b"]', {}, ", line 2", '["b"]'],
		["a missing field", "missing.jsonl", '{"text": "a"}\n{"txt": "b"}', {}, ", line 2", '"txt"'],
		["no field", "fields.jsonl", '{"a": "a", "b": "b"}', {}, ", line 1", '"a", "b"'],
		["Latin 1", "latin.txt", Buffer.from("a\nb\nM\xe4dchen\n", "latin1"), {}, ", line 3", "other bytes"],
		["Latin 1 in CSV", "latin.csv", Buffer.from('text\r\n"a\r\n"\r\n\xe4', "latin1"), {}, ", line 4", "other bytes"],
		["UTF-16", "utf16.txt", Buffer.from("\ufeffa\nb", "utf16le"), {}, ", line 1", "UTF-16"],
		["NUL", "nul.txt", "a\nb\0\n", {}, ", line 2", "NUL"],
		["11 MB without a line break", "long.txt", `a\n${LONG}`, {}, ", line 2", "none"],
		["a quote never closed", "swallowed.csv", `text\n"${"a\n".repeat(6 * 2 ** 20)}`, {}, ", line 2", "Max Record Size"],
		["no gzip", "no.txt.gz", "a line\n", {}, "", "incorrect header check"],
		["gzip cut short", "cut.txt.gz", gzipSync("a\nb".repeat(500)).subarray(0, -9), {}, "", "unexpected end of file"],
		["no Parquet", "no.parquet", "caption", {}, "", "parquet"],
	])("%s", async (_, name, content, options, where, found) => {
		const path = await written(name, content);
		const error = await failureOf(() => openCaptions(path, options));
		expect(error).toBeInstanceOf(FileError);
		expect(error.what).toContain(`${path}${where}`);
		expect(error.found).toContain(found);
	});

	test.each<[string, string, string]>([
		["list", "", "nested"],
		["id", "", "INT64"],
		["bytes", "", "not valid"],
		["caption", "", '"id", "snappy"'],
	])("a Parquet column %s", async (column, where, found) => {
		const path = join(import.meta.dirname, "fixtures/pages-v1.parquet");
		const error = await failureOf(() => openCaptions(path, { column }));
		expect(error).toBeInstanceOf(FileError);
		expect(error.what).toBe(`${path}${where}`);
		expect(error.found).toContain(found);
	});
});

describe("paths", () => {
	test("to folders stand for the files of captions in them, in the order of their names", async () => {
		await written("set/b/1.txt", "three");
		await written("set/a.jsonl", '"one"\n"two"');
		await written("set/.hidden/c.txt", "hidden");
		await written("set/picture.png", "no captions");
		await symlink(await written("elsewhere.txt", "four"), join(folder, "set/c.txt"));
		const set = join(folder, "set");
		const parts = [join(set, "a.jsonl"), join(set, "b/1.txt"), join(set, "c.txt")];
		expect(await read(set)).toEqual(await read(parts));
		expect((await read(set)).all).toEqual(["four", "one", "three", "two"]);
		expect((await read([set, parts[0]!])).all).toEqual(["four", "one", "one", "three", "two", "two"]);
		expect((await read(set, { format: "jsonl" })).all).toEqual(["one", "two"]);
		const none = await failureOf(() => openCaptions(set, { format: "parquet" }));
		expect(none).toBeInstanceOf(FileError);
	});

	test("may contain other files next to those with captions", async () => {
		const paths = [await written("first.txt", "one"), await written("second.txt", "")];
		expect((await read(paths)).all).toEqual(["one"]);
	});

	test("without a file are named", async () => {
		const path = join(folder, "nowhere.txt");
		const error = await failureOf(() => openCaptions([folder, path]));
		expect(error).toBeInstanceOf(FileError);
		expect(error.what).toContain(path);
		expect(error.found).toBe("no such file");
	});

	test.each<[string, unknown, CaptionsOptions, string]>([
		["no path", [], {}, "captions"],
		["an empty path", "", {}, "captions"],
		["a path that is no string", [1], {}, "captions"],
		["an unknown format", "x.txt", { format: "xml" as never }, "format of captions"],
		["an empty column", "x.txt", { column: " " }, "column of captions"],
		["a column below 0", "x.txt", { column: -1 }, "column of captions"],
	])("are refused for %s", async (_, paths, options, what) => {
		const error = await failureOf(() => openCaptions(paths as string, options));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.what).toBe(what);
	});

	test.each<[string, CaptionsOptions, string]>([
		["captions.xml", {}, "format of"],
		["captions", {}, "format of"],
		["captions.parquet.gz", {}, "captions.parquet.gz"],
		["captions.jsonl", { column: 1 }, "column of captions"],
	])("%s is refused with %o", async (name, options, what) => {
		const error = await failureOf(async () => openCaptions(await written(name, '"a"'), options));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.what).toContain(what);
	});
});
