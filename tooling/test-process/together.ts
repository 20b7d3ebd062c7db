import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What a test changes for its whole process: mocks, variables of the environment, globals. */
const OF_PROCESS = /\bvi\.|process\.env\.\w+ =|process\.chdir|globalThis\.\w+ =|defineProperty\(process/;
/** Folders of tests that change the settings of transformers.js, which a process has once. */
const OF_TRANSFORMERS = /^(packages\/(captions|encoders-transformers)|test\/contract)\//;

/**
 * Test files that may share processes, from the root, because they leave nothing in theirs that the next file would find. The
 * start of a process, and reading the packages' code in it, takes longer than most of them.
 */
export const TOGETHER: readonly string[] = ["packages", "test"]
	.flatMap((folder) =>
		readdirSync(join(ROOT, folder), { withFileTypes: true })
			.filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
			.map(({ name }) => join(folder, name)),
	)
	.flatMap(testFiles)
	.filter((path) => !OF_TRANSFORMERS.test(path) && !OF_PROCESS.test(readFileSync(join(ROOT, path), "utf8")));

function testFiles(folder: string): string[] {
	const inside = folder.startsWith("packages") ? join(folder, "src") : folder;
	return readdirSync(join(ROOT, inside), { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules"))
		.map((path) => join(inside, path));
}
