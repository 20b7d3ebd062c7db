import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { report } from "./report.ts";
import { find, ROOT, read } from "./sources.ts";

/** What a package publishes beside its code. */
const DATA: Readonly<Record<string, readonly string[]>> = { "@drum/tiny": ["model", "clip", "drum", "words.json"] };

interface Manifest {
	name: string;
	version: string;
	description?: string;
	private?: boolean;
	keywords?: string[];
	files?: string[];
	sideEffects?: boolean;
	license?: string;
	engines?: { node?: string };
	dependencies?: Record<string, string>;
}

/** Set by commander, the one dependency that asks for more than 22.2, where `zlib.crc32` appeared. */
const NODE = ">=22.12";
const NO_DEPENDENCIES = new Set(["@drum/tensor", "@drum/coreset"]);

const findings: string[] = [];
const changesets = find(".changeset/*.md").map(read);

for (const path of find("packages/*/package.json")) {
	const manifest = JSON.parse(read(path)) as Manifest;
	const want = (holds: boolean, what: string): unknown => holds || findings.push(`${path}: ${what}`);
	for (const file of ["LICENSE", "README.md"])
		want(existsSync(resolve(ROOT, join(dirname(path), file))), `no ${file} beside it`);
	want(manifest.name === `@drum/${path.split("/")[1]}`, "the name is not the folder's");
	want(manifest.license === "MIT", "the license is not MIT");
	want(manifest.engines?.node === NODE, `engines.node is not "${NODE}"`);
	want(manifest.sideEffects === false, "sideEffects is not false");
	const files = ["dist", ...(DATA[manifest.name] ?? [])];
	want(manifest.files?.join() === files.join(), `files is not ${JSON.stringify(files)}`);
	want((manifest.description ?? "").length > 20, "no description");
	want((manifest.keywords ?? []).length > 2, "no keywords");
	want(!NO_DEPENDENCIES.has(manifest.name) || manifest.dependencies === undefined, "it must have no dependencies");
	want(
		manifest.version !== "0.0.0" || changesets.some((text) => text.includes(`"${manifest.name}":`)),
		"it was never released and no changeset names it",
	);
}

const names = new Set(find("packages/*/package.json").map((path) => (JSON.parse(read(path)) as Manifest).name));
for (const [, name = ""] of changesets.join("\n").matchAll(/^"(@drum\/[^"]+)":/gm))
	if (!names.has(name)) findings.push(`.changeset: ${name} is no package`);

report("manifests", findings);
