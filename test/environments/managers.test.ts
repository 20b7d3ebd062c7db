import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { run } from "../packed/commands.ts";
import { documentedSetting } from "./documented.ts";
import { ARGUMENTS, createProject, drawnByNode } from "./projects.ts";
import { tool } from "./tools.ts";

const YARN = tool("@yarnpkg", "cli-dist", "bin", "yarn.js");
const BUN = tool(".bin", "bun");
const DENO = tool(".bin", "deno");

/** A program that draws with the small model, out of its own package. */
const TINY = `
import { StableDiffusion } from "@drum/pipelines-sd";
import { model } from "@drum/tiny";
const sd = await StableDiffusion.fromPretrained(model);
const { images } = await sd.generate("a star", { numInferenceSteps: 1 });
console.log(images.length);
`;

async function installed(manifest: object, command: string, ...args: readonly string[]): Promise<string> {
	const project = await createProject(manifest);
	const { registry } = inject("release");
	await writeFile(join(project, "tiny.mjs"), TINY);
	await writeFile(join(project, "bunfig.toml"), `[install.scopes]\n"@drum" = "${registry}"\n`);
	await run(project, command, ...args);
	return project;
}

async function draws(project: string, ...command: readonly [string, ...string[]]): Promise<void> {
	const [program, ...args] = command;
	const found = JSON.parse(await run(project, program, ...args, "generate.mjs", ...ARGUMENTS));
	// A picture's file may be a few bytes longer: each runtime packs in its own way.
	expect({ ...found, bytes: 0 }).toEqual({ ...(await drawnByNode()), bytes: 0 });
	expect(await run(project, program, ...args, "tiny.mjs")).toBe("1\n");
}

describe("yarn", () => {
	it.each(["node-modules", "pnp"])("%s", async (linker) => {
		const project = await createProject(documentedSetting("dependenciesMeta"));
		await writeFile(join(project, "tiny.mjs"), TINY);
		const settings = {
			nodeLinker: linker,
			npmScopes: { drum: { npmRegistryServer: inject("release").registry } },
			// Of this test alone: a registry without TLS, and packages of this minute.
			unsafeHttpWhitelist: ["127.0.0.1"],
			npmPreapprovedPackages: ["@drum/*"],
			enableTelemetry: false,
		};
		await writeFile(join(project, ".yarnrc.yml"), JSON.stringify(settings));
		await writeFile(join(project, "yarn.lock"), "");
		await run(project, process.execPath, YARN, "install");
		await draws(project, process.execPath, YARN, "node");
	});
});

it("bun", async () => {
	const project = await installed({}, BUN, "install");
	await draws(project, BUN);
});

it("deno", async () => {
	const project = await installed({}, DENO, "install");
	await draws(project, DENO, "run", "--allow-all");
});

it("npm, without the install step of ONNX Runtime", async () => {
	const project = await installed(documentedSetting("allowScripts"), "npm", "install", "--no-audit", "--no-fund");
	await draws(project, process.execPath);
});
