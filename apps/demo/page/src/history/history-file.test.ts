import { describe, expect, it } from "vitest";
import { HistoryFileError, historyName, MOST_BYTES, openHistoryFile } from "./history-file.ts";

const open = (name: string, content: BlobPart) => openHistoryFile(new File([content], name));

describe("a history's file", () => {
	it.each([
		["a.csv", "text/csv"],
		["A.TSV", "text/tab-separated-values"],
		["my.history.jsonl", "application/x-ndjson"],
		["a.ndjson", "application/x-ndjson"],
		["a.json", "application/x-ndjson"],
		["a.csv.gz", "text/csv"],
		["A.TSV.GZ", "text/tab-separated-values"],
	])("%s is %s by its name", async (name, type) => {
		expect(await open(name, "x")).toMatchObject({ name, type });
	});

	it.each([
		['\ufeff{"prompt":"a"}\n', "application/x-ndjson"],
		['[\n\t{"prompt":"a"}\n]\n', "application/x-ndjson"],
		["prompt,intensity\na,1\n", "text/csv"],
		['id;"Prompt";rating\n', "text/csv"],
		["rating\tprompt\r\n", "text/tab-separated-values"],
	])("beginning with %j is known without one", async (content, type) => {
		expect((await open("history.txt", content)).type).toBe(type);
	});

	it("of a spreadsheet in UTF-16 is known, and left to the service", async () => {
		const bytes = Buffer.from("\ufeffprompt\trating\r\na\t5\r\n", "utf16le");
		expect((await open("Unicode text.txt", bytes)).type).toBe("text/tab-separated-values");
		expect((await open("a.csv", bytes.swap16())).type).toBe("text/csv");
	});

	it("is sent as it is", async () => {
		expect(await (await open("a.csv", "prompt\na\n")).body.text()).toBe("prompt\na\n");
	});

	it("that is packed is sent as it is, for the service to unpack", async () => {
		const packed = Uint8Array.of(0x1f, 0x8b, 8, 0, 0);
		expect(new Uint8Array(await (await open("a.csv.gz", packed)).body.arrayBuffer())).toEqual(packed);
		await expect(open("a.txt.gz", packed)).rejects.toThrow(HistoryFileError);
	});

	it.each([
		["is empty", "a.csv", ""],
		["is no text", "a.csv", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0])],
		["is a workbook", "a.xlsx", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0])],
		["is something else", "notes.txt", "Dear diary, prompts are fun"],
		["is too large", "a.csv", new Uint8Array(MOST_BYTES + 1).fill(97)],
	])("that %s is refused before it is sent", async (_, name, content) => {
		await expect(open(name, content)).rejects.toThrow(HistoryFileError);
		await expect(open(name, content)).rejects.toThrow(name);
	});

	it("gives a history its name", () => {
		expect(historyName("my_liked-prompts.v2.csv")).toBe("my liked prompts.v2");
		expect(historyName("my-prompts.csv.gz")).toBe("my prompts");
		expect(historyName(".jsonl")).toBe("My history");
		expect(historyName(`${"x".repeat(300)}.csv`)).toHaveLength(100);
	});
});
