import { afterEach, describe, expect, test } from "vitest";
import { type ImportBudget, ImportReader } from "./import-reader.ts";
import type { Asked } from "./import-thread.ts";

const opened: ImportReader[] = [];
afterEach(async () => {
	for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
});

function open(budget?: ImportBudget): ImportReader {
	const reader = new ImportReader(budget);
	opened.push(reader);
	return reader;
}

function csv(text: string): Asked {
	return { bytes: Buffer.from(text), format: "csv", most: 10_000 };
}

const READ = { items: [{ prompt: "a star", intensity: 1 }], warnings: [] };
/** A header of as many columns, which takes seconds and hundreds of megabytes. */
const COMMAS = csv(`prompt${",".repeat(6e6)}`);

test("the event loop turns while a file is read that takes long", async () => {
	const reader = open();
	let turns = 0;
	const timer = setInterval(() => turns++, 5);
	await reader.read("ann", csv(`prompt${",".repeat(3e5)}`)).catch(() => {});
	clearInterval(timer);
	expect(turns).toBeGreaterThan(10);
});

describe("a file over the budget is refused, and the next one is read", () => {
	test.each([
		["of time", { ms: 1, memory: 512 }],
		["of memory", { ms: 60_000, memory: 64 }],
	])("%s", async (_, budget) => {
		const [strict, reader] = [open(budget), open()];
		await expect(strict.read("ann", COMMAS)).rejects.toMatchObject({
			problem: { status: 422, type: "urn:drum:problem:import-too-costly" },
		});
		expect(await (budget.ms === 1 ? reader : strict).read("ann", csv("prompt\na star\n"))).toEqual(READ);
	});
});

test("a user's second file is refused while the first is read; another user's waits for its turn", async () => {
	const reader = open();
	const first = reader.read("ann", csv("prompt\na star\n"));
	const other = reader.read("bob", csv("prompt\na star\n"));
	await expect(reader.read("ann", csv("prompt\nx\n"))).rejects.toMatchObject({
		problem: { status: 429, type: "urn:drum:problem:import-running" },
		headers: { "retry-after": "2" },
	});
	expect(await Promise.all([first, other])).toEqual([READ, READ]);
	expect(await reader.read("ann", csv("prompt\na star\n"))).toEqual(READ);
});

test("what is wrong with a file is told as it is read", async () => {
	await expect(open().read("ann", csv("prompt\n"))).rejects.toMatchObject({
		problem: { status: 422, type: "urn:drum:problem:invalid", errors: [{ at: "", message: "it has no prompts" }] },
	});
});
