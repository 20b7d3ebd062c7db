import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { npmInstall, run } from "../packed/commands.ts";
import { documentedFile } from "./documented.ts";
import { ARGUMENTS, createProject, drawnByNode } from "./projects.ts";

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
