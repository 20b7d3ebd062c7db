import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { TYPESCRIPT } from "@drum/test-process";
import { expect, test } from "vitest";
import { blocksOf, openWorkplace, PAGES, ROOT } from "./workplace.ts";

// Every command line of README.md and of the documentation, and the quickstart, run as they stand.

const { folder, run } = openWorkplace();

test("commands of all pages", { timeout: 240_000 }, async () => {
	const commands = PAGES.flatMap((page) => blocksOf(page, "sh"))
		.flatMap((code) => code.replace(/\\\n/g, " ").split("\n"))
		.filter((line) => line.startsWith("drum "))
		.map((line) => words(line).slice(1));
	expect(commands.length).toBeGreaterThan(10);
	await fillEmpty(join(folder, "out/tables/database"), (folder) => openDatabase({ folder }, { migrations: {} }));
	// One after another, since later commands read what earlier ones wrote.
	run(...commands);
});

test("the quickstart draws a contact sheet, without a checkpoint or a network", () => {
	const folder = mkdtempSync(join(tmpdir(), "quickstart-"));
	symlinkSync(join(ROOT, "apps"), join(folder, "apps"));
	const offline = { ...process.env, HF_ENDPOINT: "http://127.0.0.1:9" };
	const args = [...TYPESCRIPT, join(ROOT, "apps/quickstart/main.ts")];
	const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env: offline, encoding: "utf8" });
	expect(status, stderr).toBe(0);
	const files = stdout.split("\n").filter((line) => line.endsWith(".png"));
	expect(files).toHaveLength(16);
	expect(files.at(-1)).toBe("out/42-alpha.png");
	for (const file of files) expect(readFileSync(join(folder, file)).length).toBeGreaterThan(1000);
	rmSync(folder, { recursive: true });
});

/** A command line's words, as a shell splits them: by spaces outside quotes. */
function words(line: string): string[] {
	return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
