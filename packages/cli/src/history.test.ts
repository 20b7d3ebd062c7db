import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drum } from "./testing/command.ts";

// `drum coreset --method uniform --ratio 1` prints every row and needs no model. Oracles: the rows written, RFC 4180.

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "history-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ALL = ["coreset", "--method", "uniform", "--ratio", "1", "--json"];

async function read(name: string, content: string | Uint8Array) {
	const path = join(folder, name);
	await writeFile(path, content);
	const { code, stdout, stderr } = await drum([...ALL, "--history", path]);
	return { code, stderr, rows: stdout && rowsOf(stdout), path };
}

function rowsOf(stdout: string): [string, number][] {
	const { picks } = JSON.parse(stdout) as { picks: { prompt: string; intensity: number }[] };
	return picks.map(({ prompt, intensity }) => [prompt, intensity]);
}

describe("a history as CSV", () => {
	it.each([
		[
			"with a byte order mark and CRLF",
			"\ufeffprompt,intensity\r\na,2\r\nb,3\r\n",
			[
				["a", 2],
				["b", 3],
			],
		],
		[
			"with quotes, commas and line breaks in a prompt",
			'prompt,rating\n"a ""red"" cat, oil",2\n"two\nlines",1\n',
			[
				['a "red" cat, oil', 2],
				["two\nlines", 1],
			],
		],
		[
			"without intensities",
			"prompt\na\nb",
			[
				["a", 1],
				["b", 1],
			],
		],
		[
			"with an empty intensity",
			"prompt,weight\na,\nb,0.5\n",
			[
				["a", 1],
				["b", 0.5],
			],
		],
		[
			"with empty lines and other columns",
			"id,prompt,rating\n\n7,a,4\n\n\n8,b,5\n",
			[
				["a", 4],
				["b", 5],
			],
		],
		["with semicolons, as some spreadsheets write it", "Prompt;Rating\na, b;4\n", [["a, b", 4]]],
		["with a header alone", "prompt,intensity\n", []],
		["of one row", "prompt\nalone\n", [["alone", 1]]],
	])("%s", async (_, content, rows) => {
		expect(await read("h.csv", content)).toMatchObject({ code: 0, rows });
	});

	it.each([
		["no header", "a red cat,5\n", 1, 'expected a header with "prompt"', '["a red cat", "5"]'],
		["nothing at all", "", 1, 'expected a header with "prompt"', "nothing"],
		[
			"an intensity that is no number",
			'prompt,rating\n"a\nb",1\nc,good\n',
			4,
			"expected an intensity as a number",
			'"good"',
		],
		["a time that is none", "prompt,at\r\n\r\na,noon\r\n", 3, "expected a time", "noon"],
		["an unquoted comma", "prompt\na cat, oil\n", 2, "expected 1 values", "Put prompts with commas in quotes"],
		["an empty prompt", "prompt,rating\n ,3\n", 2, "expected a prompt", "an empty one"],
		["a quote that is not closed", 'prompt,rating\n"a,3\n', 2, "expected CSV", "Quote"],
		[
			"two columns of intensities",
			"prompt,rating,weight\na,1,2\n",
			1,
			"expected one of intensity",
			"rating and weight",
		],
	])("%s is told with file and line", async (_, content, line, expected, found) => {
		const { code, stderr, path } = await read("bad.csv", content);
		expect(code).toBe(1);
		expect(stderr).toContain(`error: ${path}, line ${line}: `);
		expect(stderr).toContain(expected);
		expect(stderr).toContain(found);
	});
});

describe("a history as JSONL", () => {
	it.each([
		[
			"with a byte order mark, CRLF and empty lines",
			'\ufeff{"prompt":"a","intensity":2}\r\n\r\n{"prompt":"b"}\r\n',
			[
				["a", 2],
				["b", 1],
			],
		],
		[
			"with other fields, and null for no intensity",
			'{"id":1,"prompt":"a","intensity":null}\n{"prompt":"b","rating":4}',
			[
				["a", 1],
				["b", 4],
			],
		],
		[
			"as one list",
			'[{"prompt":"a","rating":2},\n{"prompt":"b"}]',
			[
				["a", 2],
				["b", 1],
			],
		],
		["of no rows", "", []],
		["of one row", '{"prompt":"alone"}', [["alone", 1]]],
	])("%s", async (_, content, rows) => {
		expect(await read("h.jsonl", content)).toMatchObject({ code: 0, rows });
	});

	it.each([
		["no JSON", '{"prompt":"a"}\n\nb\n', 3, 'expected {"prompt": "…", "intensity": 1}', 'found "b": Unexpected token'],
		["a list in place of lines", "[\n", 1, "expected {", "without brackets"],
		["a text alone", '"a"\n', 1, "expected {", '"a"'],
		["another name for the prompt", '{"text":"a"}\n', 1, 'a field "prompt"', 'the fields ["text"]'],
		["a prompt that is a number", '{"prompt":3}\n', 1, "a prompt as text", "found 3"],
		["an intensity as text", '{"prompt":"a","intensity":"5"}\n', 1, "an intensity as a number", '"5"'],
	])("%s is told with file and line", async (_, content, line, expected, found) => {
		const { code, stderr, path } = await read("bad.jsonl", content);
		expect(code).toBe(1);
		expect(stderr).toContain(`error: ${path}, line ${line}: `);
		expect(stderr).toContain(expected);
		expect(stderr).toContain(found);
	});
});

describe("a history", () => {
	it("gives back any prompts and intensities, in both formats", async () => {
		const rows = fc.array(
			fc.tuple(
				fc.string({ unit: "grapheme", minLength: 1 }).filter((prompt) => prompt.trim() !== ""),
				fc.integer({ min: 1, max: 9 }),
			),
			{ maxLength: 5 },
		);
		await fc.assert(
			fc.asyncProperty(rows, async (items) => {
				const csv = ["prompt,intensity", ...items.map(([prompt, n]) => `"${prompt.replaceAll('"', '""')}",${n}`)].join(
					"\r\n",
				);
				const jsonl = items.map(([prompt, intensity]) => JSON.stringify({ prompt, intensity })).join("\n");
				for (const [format, stdin] of [
					["csv", csv],
					["jsonl", jsonl],
				] as const) {
					const { stdout } = await drum([...ALL, "--history", "-", "--format", format], { stdin });
					expect(rowsOf(stdout)).toEqual(items);
				}
			}),
			{ numRuns: 50 },
		);
	});

	it.each(["csv", "tsv", "jsonl"])("in gzip is read: .%s.gz", async (format) => {
		const text = { csv: "prompt,rating\na,2", tsv: "prompt\trating\na\t2", jsonl: '{"prompt":"a","rating":2}' }[
			format
		]!;
		const packed = gzipSync(text);
		expect(await read(`h.${format}.gz`, packed)).toMatchObject({ code: 0, rows: [["a", 2]] });
	});

	it("whose ratings are called otherwise is read with a warning", async () => {
		const { code, stderr, rows } = await read("score.csv", "prompt,score\na,5\n");
		expect([code, rows]).toEqual([0, [["a", 1]]]);
		expect(stderr).toMatch(/^warning: .*score\.csv: all prompts count equally, .* ignored: \["score"\]\n$/);
	});

	it("from stdin needs its format", async () => {
		const { code, stderr } = await drum([...ALL, "--history", "-"], { stdin: "prompt\na" });
		expect(code).toBe(2);
		expect(stderr).toContain("--format jsonl or --format csv or --format tsv");
	});

	it("is read in UTF-16, and refused in other encodings", async () => {
		const bytes = Buffer.from("\ufeffprompt\trating\r\na\t4,5\r\n", "utf16le");
		expect(await read("utf16.csv", bytes)).toMatchObject({ code: 0, rows: [["a", 4.5]] });
		const { code, stderr } = await read("latin1.csv", Buffer.from("prompt\na caf\xe9\n", "latin1"));
		expect(code).toBe(1);
		expect(stderr).toContain("expected text in UTF-8, found other bytes");
	});

	it("of intensities that are all 0 is refused", async () => {
		expect((await read("zero.csv", "prompt,rating\na,0\n")).stderr).toContain("at least one other than 0");
	});
});
