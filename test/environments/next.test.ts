import { cp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { npmInstall, runWith } from "../packed/commands.ts";
import { documentedFile } from "./documented.ts";
import { expectDrawn, PAGE, RUNTIME } from "./drawn-in-page.ts";
import { ADAPTERS, CHECKPOINT, createProject } from "./projects.ts";
import { serve } from "./serve.ts";
import { NEXT } from "./tools.ts";

const APP = join(import.meta.dirname, "next");
const CLI = join("node_modules", "next", "dist", "bin", "next");
const ENVIRONMENT = { MODEL: CHECKPOINT, ADAPTERS, NEXT_TELEMETRY_DISABLED: "1" };

let project: string;
let drawn: object;
beforeAll(async () => {
	project = await createProject({ dependencies: { ...NEXT, ...RUNTIME } });
	await cp(APP, project, { recursive: true });
	await cp(join(PAGE, "draw.js"), join(project, "draw.js"));
	await cp(join(PAGE, "draw.js"), join(project, "app", "in-page", "draw.js"));
	await writeFile(join(project, "lib", "drum.js"), documentedFile("lib/drum.js"));
	await npmInstall(project);
	const alone = 'import { draw } from "./lib/draw.js"; console.log(JSON.stringify(await draw()));';
	await writeFile(join(project, "alone.mjs"), alone);
	drawn = JSON.parse(await runWith(ENVIRONMENT, project, process.execPath, "alone.mjs"));
	expect(drawn).toEqual({ pixels: expect.any(String), refused: "ArgumentError" });
});

const build = async (config: string, ...flags: readonly string[]) => {
	await rm(join(project, ".next"), { recursive: true, force: true });
	await writeFile(join(project, "next.config.mjs"), config);
	await runWith(ENVIRONMENT, project, process.execPath, CLI, "build", ...flags);
};

describe.each([["Turbopack"], ["webpack", "--webpack"]])("a route bundled by %s", (_, ...flags) => {
	it("draws without any setting, and finds the small model in its package", async () => {
		await build("export default {};", ...flags);
		await using server = await serve(ENVIRONMENT, project, () => [CLI, "start"]);
		expect(await server.get("/draw")).toEqual({ ...drawn, pipelines: 1 });
		expect(await server.get("/tiny")).toEqual([true, true]);
		await expectDrawn(`${server.url}/in-page`, project);
	});

	it("draws in the standalone folder, where nothing else of the project is", async () => {
		await build(documentedFile("next.config.mjs"), ...flags);
		const standalone = `${project}-standalone`;
		await cp(join(project, ".next", "standalone"), standalone, { recursive: true, verbatimSymlinks: true });
		await rename(project, `${project}-away`);
		try {
			await using server = await serve(ENVIRONMENT, standalone, () => ["server.js"]);
			expect(await server.get("/draw")).toEqual({ ...drawn, pipelines: 1 });
		} finally {
			await rename(`${project}-away`, project);
			await rm(standalone, { recursive: true, force: true });
		}
	});
});

it("next dev keeps one pipeline through edits", async () => {
	await writeFile(join(project, "next.config.mjs"), "export default {};");
	await using server = await serve(ENVIRONMENT, project, () => [CLI, "dev"]);
	const file = join(project, "lib", "drum.js");
	const source = documentedFile("lib/drum.js");
	for (const edit of ["none", "one", "another"]) {
		await writeFile(file, `${source}\nglobalThis.edit = "${edit}";\n`);
		const answer = expect.poll(() => server.get("/draw"), { timeout: 60_000, interval: 500 });
		await answer.toEqual({ ...drawn, pipelines: 1, edit });
	}
});
