import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BEGINNING_ROWS } from "./beginnings.ts";
import { CHANGE_ROWS } from "./changes.ts";
import { DISLIKE_ROWS } from "./dislikes.ts";
import { measurePerson } from "./measure-person.ts";

let out: string;
beforeAll(async () => {
	out = await mkdtemp(join(tmpdir(), "person-"));
});
afterAll(() => rm(out, { recursive: true }));

test("dislikes, beginnings and change are measured and reported, each row of each user", async () => {
	const seen: [number, number][] = [];
	const onProgress = (done: number, total: number) => void seen.push([done, total]);
	const { tables, pictures } = await measurePerson({ out, quick: true, users: 1, onProgress });
	expect(seen.at(-1)).toEqual([pictures, pictures]);
	const rows = { dislikes: DISLIKE_ROWS, beginnings: BEGINNING_ROWS, changes: CHANGE_ROWS };
	const report = await readFile(join(out, "person.md"), "utf8");
	for (const [name, expected] of Object.entries(rows)) {
		const table = tables[name as keyof typeof rows];
		expect(Object.keys(table)).toEqual(expected);
		for (const scores of Object.values(table)) expect(scores).toHaveLength(1);
		for (const row of expected) expect(report).toContain(`| ${row} |`);
	}
	const all = Object.values(tables).flatMap((table) => Object.values(table).flat());
	for (const { target, history, shown } of all) {
		expect([target, history].every(Number.isFinite)).toBe(true);
		expect(shown).toBeGreaterThanOrEqual(0);
		expect(shown).toBeLessThanOrEqual(1);
	}
	expect(JSON.parse(await readFile(join(out, "person.json"), "utf8"))).toMatchObject({ pictures });
});
