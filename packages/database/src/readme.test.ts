import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fillEmpty } from "@drum/test-database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { typeErrors } from "@drum/test-files/type-errors";
import { TYPESCRIPT } from "@drum/test-process";
import { afterAll, expect, it } from "vitest";
import { openDatabase } from "./index.ts";

const folder = join(import.meta.dirname, "..");
const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(folder, "README.md"), "utf8")) ?? [];
const root = await mkdtemp(join(CHEAP_FOLDER, "readme-"));
afterAll(() => rm(root, { recursive: true }));

it("the README's example compiles", () => {
	expect(typeErrors(new Map([[join(import.meta.dirname, "readme-example.ts"), example]]))).toEqual([]);
});

it("the README's example runs", async () => {
	// Making one takes most of the time, and other tests do that.
	await fillEmpty(join(root, "database"), (folder) => openDatabase({ folder }, { migrations: {} }));
	const input = example.replace("out/database", join(root, "database"));
	const flags = [...TYPESCRIPT, "--input-type=module-typescript"];
	const env = { ...process.env, DATABASE_URL: "" };
	const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, input, env, encoding: "utf8" });
	expect({ stdout, stderr }).toEqual({ stdout: "drawing a lighthouse false\n", stderr: "" });
});
