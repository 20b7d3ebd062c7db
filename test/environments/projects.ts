import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inject } from "vitest";
import { run } from "../packed/commands.ts";
import { FIXTURES } from "../packed/places.ts";

export const CHECKPOINT = join(FIXTURES, "sd1");
export const ADAPTERS = join(FIXTURES, "adapters");

/** A user's program, which draws and prints what it drew. */
const PROGRAM = join(import.meta.dirname, "..", "packed", "consumer", "generate.mjs");
/** What it is told. */
export const ARGUMENTS = [CHECKPOINT, ADAPTERS, "out/picture.png"] as const;

/** A folder with a package.json, the program, and an .npmrc for the packages' registry; gone after all tests. */
export async function createProject(manifest: object): Promise<string> {
	const { registry, version } = inject("release");
	const project = await mkdtemp(join(dirname(inject("consumer")), "project-"));
	const dependencies = { "@drum/pipelines-sd": `^${version}`, "@drum/tiny": `^${version}` };
	const { dependencies: more, ...others } = manifest as { dependencies?: object };
	const whole = { private: true, type: "module", dependencies: { ...dependencies, ...more }, ...others };
	await writeFile(join(project, "package.json"), JSON.stringify(whole));
	await writeFile(join(project, ".npmrc"), `@drum:registry=${registry}\n`);
	await cp(PROGRAM, join(project, "generate.mjs"));
	return project;
}

let expected: Promise<object> | undefined;

/** What the program prints on this Node.js, with the packages as npm installed them. */
export function drawnByNode(): Promise<object> {
	expected ??= run(inject("consumer"), process.execPath, "generate.mjs", ...ARGUMENTS).then((told) => JSON.parse(told));
	return expected;
}
