import { gzipSync } from "node:zlib";
import { FileError, type Warning } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HistoryFormat, parseHistory } from "../index.ts";

const parse = (text: string, format: HistoryFormat, most?: number) =>
	parseHistory(new TextEncoder().encode(text), format, "prompts", { most });

describe.each<[HistoryFormat, (prompts: readonly string[]) => string]>([
	["csv", (prompts) => `prompt\n${prompts.join("\n")}\n`],
	["jsonl", (prompts) => prompts.map((prompt) => JSON.stringify({ prompt })).join("\n")],
])("rows of %s", (format, written) => {
	test("are read up to the limit, and one more is refused", async () => {
		const prompts = ["a", "b", "c"];
		const items = prompts.map((prompt) => ({ prompt }));
		expect(await parse(written(prompts), format, 3)).toEqual(items);
		expect(await parse(written(prompts), format)).toEqual(items);
		await expect(parse(written(prompts), format, 2)).rejects.toThrow(FileError);
		await expect(parse(written(prompts), format, 2)).rejects.toThrow(/prompts: expected at most 2 rows/);
	});

	test("beyond the limit are not checked", async () => {
		await expect(parse(`${written(["a", "b"])}\n{"`, format, 1)).rejects.toThrow(/at most 1/);
	});
});

test("lines may end as on any system, and are counted accordingly", async () => {
	expect(await parse('\n{"prompt":"a"}\r\n\r\n{"prompt":"b"}\r{"prompt":"c"}', "jsonl")).toEqual(
		["a", "b", "c"].map((prompt) => ({ prompt })),
	);
	await expect(parse('\r\n\r\n{"prompt":"a"}\rno', "jsonl")).rejects.toThrow(/line 4/);
});

const thrown = async (text: string, format: HistoryFormat): Promise<FileError> => {
	try {
		await parse(text, format);
	} catch (error) {
		expect(error).toBeInstanceOf(FileError);
		return error as FileError;
	}
	throw new Error(`read: ${text}`);
};
const RATED = [
	{ prompt: "a red cat", intensity: 5 },
	{ prompt: "a dog", intensity: 3 },
];

describe("cells", () => {
	test.each<[string, HistoryFormat, string]>([
		[
			"tabs, with a comma in another column's name",
			"csv",
			"prompt\trating\tnotes, free\na red cat\t5\tx\na dog\t3\ty\n",
		],
		["the same, as TSV", "tsv", "prompt\trating\tnotes, free\na red cat\t5\tx\na dog\t3\ty\n"],
		[
			"semicolons, with a comma in another column's name",
			"csv",
			'prompt;rating;"tags, list"\na red cat;5;x\na dog;3;y\n',
		],
		["semicolons, with a tab in another column's name", "csv", "a\tb;prompt;rating\nx;a red cat;5\ny;a dog;3\n"],
		["commas, with a semicolon in another column's name", "csv", "a;b,prompt,rating\nx,a red cat,5\ny,a dog,3\n"],
		["semicolons and a quoted name", "csv", '"a, b";" Prompt ";rating\nx;a red cat;5\ny;a dog;3\n'],
		["a header over two lines", "csv", '"x\ny, z";prompt;rating\n1;a red cat;5\n2;a dog;3\n'],
		["what a first line says", "csv", "sep=;\r\nprompt;rating\r\na red cat;5\r\na dog;3\r\n"],
		["what a first line in quotes says", "csv", '"sep=|"\nprompt|rating\na red cat|5\na dog|3\n'],
		["blank lines before the header", "csv", "\n\nprompt;rating;a, b\na red cat;5;\na dog;3;\n"],
	])("by %s", async (_, format, text) => {
		expect(await parse(text, format)).toEqual(RATED);
	});

	test("may have any prompts, any delimiter and any other column names", async () => {
		const line = fc.string({ unit: fc.constantFrom("a", " ", ",", ";", "\t", '"', "\n", "é") });
		const prompts = fc.array(
			line.filter((each) => each.trim() !== ""),
			{ minLength: 1, maxLength: 5 },
		);
		const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
		await fc.assert(
			fc.asyncProperty(prompts, line, fc.constantFrom(",", ";", "\t"), async (rows, other, delimiter) => {
				fc.pre(!/^\s*(prompt|intensity|rating|weight|at|timestamp)\s*$/i.test(other));
				const table = [`${quoted(other)}${delimiter}prompt`, ...rows.map((row) => `x${delimiter}${quoted(row)}`)];
				expect(await parse(table.join("\n"), "csv")).toEqual(rows.map((prompt) => ({ prompt })));
			}),
		);
	});

	test("after a line that says the delimiter have the right line numbers", async () => {
		expect((await thrown("sep=;\nprompt;rating\na;1\nb;no\n", "csv")).what).toBe("prompts, line 4");
	});

	test.each([
		["prompt,rating,rating\na,5,1\n", "rating and rating"],
		["prompt,Rating, weight\na,5,1\n", "rating and weight"],
		["prompt,rating,Prompt\na,5,b\n", "2"],
	])("of two columns of one kind are refused: %j", async (text, found) => {
		expect((await thrown(text, "csv")).found).toBe(found);
	});

	test("other columns may have equal names", async () => {
		expect(await parse("note,prompt,note\nx,a,y\n", "csv")).toEqual([{ prompt: "a" }]);
	});

	test.each(["Infinity", "-Infinity", "0x10", "0b1", "1_000", "NaN", "five", "1,000", "4,5,6", "1e999"])(
		"that are not decimal numbers are shown in the error: %s",
		async (cell) => {
			const { expected, found, next } = await thrown(`prompt;rating\n"a; b";${cell}\n`, "csv");
			expect(expected).toBe("an intensity as a number");
			const read: Record<string, string> = { "1e999": "Infinity" };
			expect(found).toContain(read[cell] ?? cell);
			const comma = "Write decimal numbers with a point, as 4.5, and thousands without a comma";
			expect(next).toBe(cell === "1,000" ? comma : undefined);
		},
	);

	test.each(["5", " 5 ", "+5", "5.", "5.0", "50e-1", "0.5E1"])(
		"that are decimal numbers are read: %j",
		async (cell) => {
			expect(await parse(`prompt,rating\na,${cell}\n`, "csv")).toEqual([{ prompt: "a", intensity: 5 }]);
		},
	);
});

test.each<[string, HistoryFormat]>([
	["prompt,rating\na,-2\nb,3\n", "csv"],
	["prompt;weight\na;-2,0\nb;3,0\n", "csv"],
	['{"prompt":"a","intensity":-2}\n{"prompt":"b","intensity":3}', "jsonl"],
])("dislikes are intensities below 0: %j", async (text, format) => {
	expect(await parse(text, format)).toEqual([
		{ prompt: "a", intensity: -2 },
		{ prompt: "b", intensity: 3 },
	]);
});

describe("times", () => {
	const AT = "2026-03-01T18:30:00.000Z";
	test.each<[string, HistoryFormat]>([
		["prompt,timestamp\na,1772389800\n", "csv"],
		["prompt,At\na,2026-03-01 18:30\n", "csv"],
		['{"prompt":"a","at":1772389800000}', "jsonl"],
		['{"prompt":"a","timestamp":"2026-03-01T20:30:00+02:00"}', "jsonl"],
		['[{"prompt":"a","at":"2026-03-01T18:30:00Z","timestamp":null}]', "jsonl"],
	])("are read from %j", async (text, format) => {
		const warnings: Warning[] = [];
		const options = { onWarning: (warning: Warning) => warnings.push(warning) };
		expect(await parseHistory(new TextEncoder().encode(text), format, "h", options)).toEqual([{ prompt: "a", at: AT }]);
		expect(warnings).toEqual([]);
	});

	test("may be missing, and wrong ones are refused with their line", async () => {
		expect(await parse("prompt,at\na,\n", "csv")).toEqual([{ prompt: "a" }]);
		expect(await thrown("prompt,at\na,1.3.2026\n", "csv")).toMatchObject({
			what: "prompts, line 2",
			found: '"1.3.2026"',
		});
		expect((await thrown('{"prompt":"a","at":1,"timestamp":1}', "jsonl")).found).toBe("at and timestamp");
		expect((await thrown("prompt,at,timestamp\na,1,1\n", "csv")).found).toBe("at and timestamp");
	});
});

describe("decimal commas", () => {
	test.each([
		["4,5", 4.5],
		["0,125", 0.125],
		["+12,75", 12.75],
		["1,0000", 1],
	])("are read: %s", async (cell, intensity) => {
		expect(await parse(`prompt;rating\n"a; b";${cell}\n`, "csv")).toEqual([{ prompt: "a; b", intensity }]);
		expect(await parse(`prompt,rating\n"a, b","${cell}"\n`, "csv")).toEqual([{ prompt: "a, b", intensity }]);
		expect(await parse(`prompt\trating\na\t${cell}\n`, "tsv")).toEqual([{ prompt: "a", intensity }]);
	});

	test("in a file of commas without quotes give an error that says what to do", async () => {
		expect((await thrown("prompt,rating\na red cat,4,5\n", "csv")).next).toMatch(/decimal numbers with a point/);
	});
});

describe("each row is reported as it is read, with its place", () => {
	test.each<[string, HistoryFormat, string[]]>([
		['prompt,rating\n"a\nb",1\n\nc,2\n', "csv", ["a\nb: line 2", "c: line 5"]],
		["sep=;\nprompt;rating\na;1\n", "csv", ["a: line 3"]],
		['{"prompt":"a"}\n\n{"prompt":"b"}', "jsonl", ["a: line 1", "b: line 3"]],
		['[{"prompt":"a"},\n\n{"prompt":"b"}]', "jsonl", ["a: row 1", "b: row 2"]],
	])("%j", async (text, format, told) => {
		const found: string[] = [];
		const onRow = ({ prompt }: { prompt: string }, where: string) => void found.push(`${prompt}: ${where}`);
		await parseHistory(new TextEncoder().encode(text), format, "prompts", { onRow });
		expect(found).toEqual(told);
	});

	test("and an error of the listener ends the call", async () => {
		const onRow = () => {
			throw new RangeError("enough");
		};
		await expect(parseHistory(new TextEncoder().encode("prompt\na\n"), "csv", "p", { onRow })).rejects.toThrow(
			RangeError,
		);
	});
});

describe("ratings with another name", () => {
	const warnings = async (text: string, format: HistoryFormat) => {
		const told: Warning[] = [];
		await parseHistory(new TextEncoder().encode(text), format, "h", { onWarning: (warning) => told.push(warning) });
		return told;
	};

	test.each<[string, HistoryFormat]>([
		["Prompt,Score\na,5\nb,1\n", "csv"],
		['{"prompt":"a","score":5}\n{"prompt":"b"}', "jsonl"],
		['[{"prompt":"a"},{"prompt":"b","score":1}]', "jsonl"],
	])("give a warning: %j", async (text, format) => {
		expect(await warnings(text, format)).toEqual([
			{
				...{ code: "no-intensities", what: "h" },
				message:
					'h: all prompts count equally, because no column or field is named "intensity" or "rating" or "weight"; ignored: ["score"]',
			},
		]);
	});

	test.each<[string, HistoryFormat]>([
		["prompt\na\n", "csv"],
		["id,prompt,rating\n1,a,5\n", "csv"],
		["id,prompt\n", "csv"],
		['{"prompt":"a","id":5}\n{"prompt":"b","weight":2}', "jsonl"],
	])("there is no warning for %j", async (text, format) => {
		expect(await warnings(text, format)).toEqual([]);
	});
});

describe("UTF-16", () => {
	const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();

	test.each<[string, HistoryFormat, string]>([
		["tabs, as spreadsheets save Unicode text", "csv", "prompt\trating\r\na café ☕\t5\r\n"],
		["JSON", "jsonl", '{"prompt":"a café ☕","rating":5}\n'],
	])("is read, with a byte order mark and without: %s", async (_, format, text) => {
		for (const mark of ["\ufeff", ""]) {
			const little = Buffer.from(`${mark}${text}`, "utf16le");
			for (const bytes of [little, swapped(little), gzipSync(little)])
				expect(await parseHistory(bytes, format, "h")).toEqual([{ prompt: "a café ☕", intensity: 5 }]);
		}
	});

	test("that ends within a letter is refused, and so are other bytes", async () => {
		const cut = Buffer.from("\ufeffprompt\na", "utf16le").subarray(0, -1);
		await expect(parseHistory(cut, "csv", "h")).rejects.toThrow(
			"history h: expected text in UTF-8, found damaged UTF-16",
		);
		const latin1 = Buffer.from("prompt\na caf\xe9\n", "latin1");
		await expect(parseHistory(latin1, "csv", "h")).rejects.toThrow(
			/found other bytes. Save it as UTF-8, .* “CSV UTF-8”/,
		);
	});
});

describe("a JSON list", () => {
	test.each([JSON.stringify(RATED), JSON.stringify(RATED, null, "\t"), ` \n${JSON.stringify(RATED)}\n`, "[\n]"])(
		"%j",
		async (text) => {
			expect(await parse(text, "jsonl")).toEqual(await JSON.parse(text));
		},
	);

	test("with a wrong row names it, and may not be longer than the limit", async () => {
		expect((await thrown('[{"prompt":"a"},{"prompt":3}]', "jsonl")).what).toBe("prompts, row 2");
		await expect(parse('[{"prompt":"a"},{"prompt":"b"}]', "jsonl", 1)).rejects.toThrow(/at most 1 rows/);
	});

	test("that is not JSON gives an error with the line and its text", async () => {
		const { what, found, next } = await thrown('[\n  {"prompt":"a"}\n  {"prompt":"b"}\n]\n', "jsonl");
		expect(what).toBe("prompts, line 3");
		expect(found).toMatch(/"prompt.*Expected ',' or '\]' after array element/);
		expect(next).toContain("without brackets");
	});
});

test("a line that is not JSON gives an error that says what is wrong and where", async () => {
	const prompt = "a retro-futuristic space exploration movie poster with bold, vibrant colors";
	const { found, next } = await thrown(`{"prompt":"${prompt}","rating":5},`, "jsonl");
	expect(found).toMatch(
		/colors\\",\\"rating\\":5\},": Unexpected non-whitespace character after JSON at position \d+$/,
	);
	expect(next).toBe("Leave out the commas between lines");
	expect((await thrown('{"prompt": "a" "rating": 5}', "jsonl")).found).toContain("Expected ',' or '}'");
	expect((await thrown("{'prompt': 'a'}", "jsonl")).found).toContain("Expected property name");
	expect((await thrown('{"prompt": "a"', "jsonl")).found).toMatch(/Expected ',' or '\}'/);
	expect((await thrown('{"prompt":"\u001b[31m', "jsonl")).message).not.toContain("\u001b");
});

describe("gzip", () => {
	const text = new TextEncoder().encode("prompt,rating\na red cat,5\na dog,3\n");

	test("is unpacked", async () => {
		expect(await parseHistory(gzipSync(text), "csv", "h.csv.gz")).toEqual(RATED);
	});

	test("that is damaged, or contains more than the limit, is refused", async () => {
		const packed = gzipSync(text);
		await expect(parseHistory(packed.subarray(0, 30), "csv", "h.csv.gz")).rejects.toThrow("found a damaged one");
		await expect(parseHistory(gzipSync(new Uint8Array(1e6)), "csv", "h.csv.gz", { mostBytes: 1000 })).rejects.toThrow(
			/at most 1000 bytes/,
		);
	});
});

describe("pictures", () => {
	const pictures = (text: string, format: HistoryFormat = "jsonl") =>
		parseHistory(new TextEncoder().encode(text), format, "h", { images: true });

	test("are read instead of a prompt, or with one, if the option allows them", async () => {
		const rows = [
			{ image: "a.png", rating: 4 },
			{ prompt: "a cat", image: "b.png" },
			{ prompt: "a dog", image: null },
		];
		const read = [{ image: "a.png", intensity: 4 }, { prompt: "a cat", image: "b.png" }, { prompt: "a dog" }];
		expect(await pictures(rows.map((row) => JSON.stringify(row)).join("\n"))).toEqual(read);
		expect(await pictures(JSON.stringify(rows))).toEqual(read);
		expect(await pictures("prompt,image\na cat,a.png\n", "csv")).toEqual([{ prompt: "a cat" }]);
	});

	test("without a prompt are otherwise refused, with advice", async () => {
		expect((await thrown('{"image":"a.png"}', "jsonl")).next).toMatch(/drum caption/);
		expect(await parse('{"prompt":"a cat","image":"a.png"}', "jsonl")).toEqual([{ prompt: "a cat" }]);
	});

	test.each(['{"image":5}', '{"image":" "}', '{"image":{}}'])("that are not paths are refused: %s", async (line) => {
		await expect(pictures(line)).rejects.toThrow(/line 1: expected a picture's path/);
	});

	test("do not count as misnamed intensities", async () => {
		const told: Warning[] = [];
		await parseHistory(new TextEncoder().encode('{"prompt":"a","image":"a.png"}'), "jsonl", "h", {
			images: true,
			onWarning: (warning) => told.push(warning),
		});
		expect(told).toEqual([]);
	});
});
