import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { serve } from "@drum/test-browser";
import { expect, it } from "vitest";
import { npmInstall, run } from "../packed/commands.ts";
import { expectDrawn, PAGE, RUNTIME } from "./drawn-in-page.ts";
import { createProject } from "./projects.ts";
import { WEBPACK } from "./tools.ts";

it("a page bundled by webpack draws without any setting", async () => {
	const project = await createProject({ dependencies: { ...RUNTIME, ...WEBPACK } });
	await cp(PAGE, project, { recursive: true });
	await npmInstall(project);
	const webpack = join("node_modules", "webpack-cli", "bin", "cli.js");
	await run(project, process.execPath, webpack, "--mode", "production", "--entry", "./main.js", "-o", "dist");
	const names = await readdir(join(project, "dist"));
	const files = await Promise.all(
		names.map(async (name) => [name, await readFile(join(project, "dist", name))] as const),
	);
	const page = new Map<string, Uint8Array>([...files, ["page.js", await readFile(join(project, "dist", "main.js"))]]);
	expect(names.filter((name) => name.endsWith(".wasm"))).toHaveLength(3);
	await using server = await serve(page, {});
	await expectDrawn(`${server.url}plain/`, project);
});
