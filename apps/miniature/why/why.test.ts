import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureWhy } from "./measure-why.ts";

let out: string;
beforeAll(async () => {
	out = await mkdtemp(join(tmpdir(), "why-"));
});
afterAll(() => rm(out, { recursive: true }));

test("causes are looked for user by user, and a user who was measured is not measured again", async () => {
	const seen: [number, number][] = [];
	const onProgress = (done: number, total: number) => void seen.push([done, total]);
	const first = await measureWhy({ out, quick: true, users: 1, onProgress });
	expect(seen.at(-1)).toEqual([first.pictures, first.pictures]);
	expect(seen.length).toBeGreaterThan(10);
	const { rows } = first.users[0]!;

	// Each reference counts by its share alone: all of them ten times over are the same (equation 2).
	const [once, often] = [rows["open, DrUM"]!, rows["coreset, often"]!];
	expect(often.references).toBe(10 * once.references);
	expect(often.align.target).toBeCloseTo(once.align.target, 2);
	expect(often.align.history).toBeCloseTo(once.align.history, 2);
	// The same pictures, scored against other targets.
	expect(rows["meant, DrUM"]!.clip!.history).toBe(once.clip!.history);
	expect(rows["meant, DrUM"]!.clip!.target).not.toBe(once.clip!.target);

	const again: number[] = [];
	const kept = await measureWhy({ out, quick: true, users: 1, onProgress: (done) => void again.push(done) });
	expect(again).toEqual([first.pictures]);
	expect(kept).toEqual(first);
	expect(JSON.parse(await readFile(join(out, "why.json"), "utf8"))).toEqual(first);
	expect(await readFile(join(out, "why.md"), "utf8")).toMatch(/^# Why .*\n\n.* 1 made-up users/);
});
