import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { npmInstall, run } from "../packed/commands.ts";
import { documentedFile } from "./documented.ts";
import { expectDrawn, PAGE, RUNTIME } from "./drawn-in-page.ts";
import { ARGUMENTS, createProject, drawnByNode } from "./projects.ts";
import { serve } from "./serve.ts";

const VITE = join(import.meta.dirname, "..", "node_modules", "vite", "bin", "vite.js");
const BUILD = ["build", "--ssr", "generate.mjs", "--logLevel", "warn"] as const;

it("a server bundled by Vite draws: its dependencies outside, and all inside", async () => {
	const project = await createProject({});
	await npmInstall(project);
	await run(project, process.execPath, VITE, ...BUILD, "--outDir", "outside");
	await writeFile(join(project, "vite.config.js"), documentedFile("vite.config.js"));
	await run(project, process.execPath, VITE, ...BUILD, "--outDir", "inside");
	for (const folder of ["outside", "inside"]) {
		const files = await readdir(join(project, folder));
		const program = join(folder, files.find((file) => file.startsWith("generate"))!);
		const drawn = await run(project, process.execPath, program, ...ARGUMENTS);
		expect((await readFile(join(project, program), "utf8")).includes('from "@drum/'), folder).toBe(
			folder === "outside",
		);
		expect(JSON.parse(drawn), folder).toEqual(await drawnByNode());
	}
});

describe("a page draws", async () => {
	const project = await createProject({ dependencies: RUNTIME });
	await cp(PAGE, project, { recursive: true });
	await npmInstall(project);

	it("built by Vite", async () => {
		await run(project, process.execPath, VITE, "build", "--logLevel", "warn");
		await using server = await serve({}, project, (port) => [VITE, "preview", "--port", port, "--host", "127.0.0.1"]);
		await expectDrawn(server.url, project);
	});

	it("served by Vite's development server", async () => {
		await using server = await serve({}, project, (port) => [VITE, "--port", port, "--host", "127.0.0.1"]);
		await expectDrawn(server.url, project);
	});
});
