import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { TYPESCRIPT } from "@drum/test-process";
import { describe, expect, test } from "vitest";
import { openWorkplace, ROOT, readmeBlocks } from "./workplace.ts";

// Every command line of README.md, and the quickstart, run as they stand.

const { folder, run } = openWorkplace();

describe("README.md", () => {
	const commands = readmeBlocks("sh")
		.flatMap((code) => code.replace(/\\\n/g, " ").split("\n"))
		.filter((line) => line.startsWith("drum "));

	// One after another, since later commands read what earlier ones wrote.
	test("commands", { timeout: 240_000 }, async () => {
		expect(commands.length).toBeGreaterThan(0);
		const history = [
			{ prompt: "a retro-futuristic poster", intensity: 5 },
			{ prompt: "a watercolour of a fishing village" },
		];
		writeFileSync(join(folder, "out/history.jsonl"), history.map((item) => JSON.stringify(item)).join("\n"));
		writeFileSync(join(folder, "out/captions.csv"), "caption\na lighthouse at dusk\na red cat\na fishing village\n");
		await fillEmpty(join(folder, "out/tables/database"), (folder) => openDatabase({ folder }, { migrations: {} }));
		for (const command of commands) run(join(ROOT, "packages/cli/src/main.ts"), ...words(command).slice(1));
	});
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
