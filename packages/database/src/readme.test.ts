import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TYPESCRIPT } from "@drum/test-process";
import ts from "typescript";
import { afterAll, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");
const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(folder, "README.md"), "utf8")) ?? [];
const root = await mkdtemp(join(tmpdir(), "readme-"));
afterAll(() => rm(root, { recursive: true }));

it("the README's example compiles", async () => {
	const path = join(import.meta.dirname, "readme-example.ts");
	const { config } = ts.readConfigFile(join(folder, "../../tooling/config/tsconfig.base.json"), ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: true }, folder);
	const host = ts.createCompilerHost(options);
	const { getSourceFile, fileExists } = host;
	host.getSourceFile = (name, target) =>
		name === path ? ts.createSourceFile(name, example, target) : getSourceFile.call(host, name, target);
	host.fileExists = (name) => name === path || fileExists.call(host, name);
	const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([path], options, host));
	expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});

it("the README's example runs", () => {
	const input = example.replace("out/database", join(root, "database"));
	const flags = [...TYPESCRIPT, "--input-type=module-typescript"];
	const env = { ...process.env, DATABASE_URL: "" };
	const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, input, env, encoding: "utf8" });
	expect({ stdout, stderr }).toEqual({ stdout: "drawing a lighthouse false\n", stderr: "" });
});
