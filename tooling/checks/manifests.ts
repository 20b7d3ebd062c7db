import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { report } from "./report.ts";
import { find, ROOT, read } from "./sources.ts";

/** What a package publishes besides its code. */
const DATA: Readonly<Record<string, readonly string[]>> = {
	"@drum/tiny": ["model", "clip", "drum", "words.json"],
	"@drum/encoders-clip": ["vocabulary.json", "LICENSE.CLIP"],
	"@drum/encoders-t5": ["vocabulary.json", "LICENSE.T5"],
};

/** Of packages that bring along what others made, under a licence of its own. */
const LICENSES: Readonly<Record<string, string>> = { "@drum/encoders-t5": "MIT AND Apache-2.0" };

interface Manifest {
	name: string;
	version: string;
	description?: string;
	homepage?: string;
	bugs?: string;
	author?: string;
	repository?: { directory?: string };
	private?: boolean;
	keywords?: string[];
	files?: string[];
	sideEffects?: boolean;
	license?: string;
	engines?: { node?: string };
	dependencies?: Record<string, string>;
}

/** Set by commander, the one dependency that asks for so much. */
const NODE = ">=22.12";
const NO_DEPENDENCIES = new Set(["@drum/coreset"]);

/** What packages may depend on in one version alone; pnpm-workspace.yaml says why. */
const PINNED = new Set(["onnxruntime-node", "@electric-sql/pglite"]);

const versions = catalog();
const findings: string[] = [];
const changesets = find(".changeset/*.md").map(read);

for (const path of find("packages/*/package.json")) {
	const manifest = JSON.parse(read(path)) as Manifest;
	const want = (holds: boolean, what: string): unknown => holds || findings.push(`${path}: ${what}`);
	for (const file of ["LICENSE", "README.md"])
		want(existsSync(resolve(ROOT, join(dirname(path), file))), `no ${file} beside it`);
	want(manifest.name === `@drum/${path.split("/")[1]}`, "the name is not the folder's");
	const license = LICENSES[manifest.name] ?? "MIT";
	want(manifest.license === license, `the license is not ${license}`);
	want(manifest.engines?.node === NODE, `engines.node is not "${NODE}"`);
	want(manifest.sideEffects === false, "sideEffects is not false");
	const folder = dirname(path);
	want(
		manifest.homepage === `https://github.com/drum-js/drum/tree/main/${folder}#readme`,
		"homepage is not its folder",
	);
	want(manifest.repository?.directory === folder, "repository.directory is not its folder");
	want(manifest.bugs === "https://github.com/drum-js/drum/issues", "bugs is not the list of issues");
	want(manifest.author !== undefined, "no author");
	for (const name of Object.keys(manifest.dependencies ?? {}))
		if (!name.startsWith("@drum/") && !PINNED.has(name))
			want(/^[~^]/.test(versions.get(name) ?? ""), `${name} is not a range in pnpm-workspace.yaml`);
	const files = ["dist", ...(DATA[manifest.name] ?? []), "CHANGELOG.md"];
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

/** Each package of the catalog with its range. */
function catalog(): Map<string, string> {
	const lines = read("pnpm-workspace.yaml").matchAll(/^ {2}"?([^\s":]+)"?: (\S+)$/gm);
	return new Map(Array.from(lines, ([, name = "", range = ""]) => [name, range]));
}
