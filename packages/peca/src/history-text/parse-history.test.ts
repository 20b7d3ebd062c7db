import { FileError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { type HistoryFormat, parseHistory } from "../index.ts";

const parse = (text: string, format: HistoryFormat, most?: number) =>
	parseHistory(new TextEncoder().encode(text), format, "prompts", { most });

describe.each<[HistoryFormat, (prompts: readonly string[]) => string]>([
	["csv", (prompts) => `prompt\n${prompts.join("\n")}\n`],
	["jsonl", (prompts) => prompts.map((prompt) => JSON.stringify({ prompt })).join("\n")],
])("rows of %s", (format, written) => {
	test("up to the most are read, and one more is refused", () => {
		const prompts = ["a", "b", "c"];
		const items = prompts.map((prompt) => ({ prompt }));
		expect(parse(written(prompts), format, 3)).toEqual(items);
		expect(parse(written(prompts), format)).toEqual(items);
		expect(() => parse(written(prompts), format, 2)).toThrow(FileError);
		expect(() => parse(written(prompts), format, 2)).toThrow(/prompts: expected at most 2 rows/);
	});

	test("beyond the most are not looked at", () => {
		expect(() => parse(`${written(["a", "b"])}\n{"`, format, 1)).toThrow(/at most 1/);
	});
});

test("lines end as any system ends them, and are counted so", () => {
	expect(parse('\n{"prompt":"a"}\r\n\r\n{"prompt":"b"}\r{"prompt":"c"}', "jsonl")).toEqual(
		["a", "b", "c"].map((prompt) => ({ prompt })),
	);
	expect(() => parse('\r\n\r\n{"prompt":"a"}\rno', "jsonl")).toThrow(/line 4/);
});
