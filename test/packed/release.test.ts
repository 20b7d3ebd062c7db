import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { publishedFolders, readManifest } from "./manifests.ts";
import { CHANGE } from "./release.ts";

const release = inject("release");
const names = publishedFolders().map((folder) => readManifest(folder).name);
const all = names.map((name) => `${name}@${release.version}`).sort();
const installed = (name: string) => join(inject("consumer"), "node_modules", name);

describe("a release", () => {
	it("publishes every package once, each after those that it depends on, and not a second time", () => {
		expect([...release.published].sort()).toEqual(all);
		const place = (name: string) => release.published.indexOf(`${name}@${release.version}`);
		for (const name of names)
			for (const dependency of ours(name))
				expect(place(dependency), `${dependency}, ${name}`).toBeLessThan(place(name));
		expect(release.again).toContain("No unpublished projects");
	});

	it("tags each, and tells the action on GitHub, which makes a release of each tag", () => {
		expect([...release.tags].sort()).toEqual(all);
		expect([...release.reported].sort()).toEqual(all);
	});
});

describe.each(names)("%s as it is published", (name) => {
	const manifest = readManifest(installed(name));

	it("has a changelog, a licence and a README, and every file that it exports", async () => {
		expect(await readFile(join(installed(name), "CHANGELOG.md"), "utf8")).toContain(`\n## ${release.version}\n`);
		const files = Object.values(manifest.exports).flatMap((conditions) => Object.values(conditions));
		for (const file of ["LICENSE", "README.md", ...files])
			expect(globSync(file, { cwd: installed(name) }), file).toHaveLength(1);
	});

	it("depends on nothing that only this repository has", () => {
		expect(manifest.devDependencies).toBeUndefined();
		expect(manifest.scripts).toBeUndefined();
		expect(JSON.stringify(manifest.exports)).not.toContain("@drum/source");
		expect(ours(name).every((dependency) => names.includes(dependency))).toBe(true);
	});
});

it("a changelog says what changed in its own package", async () => {
	expect(await readFile(join(installed("@drum/tensor"), "CHANGELOG.md"), "utf8")).toContain(CHANGE);
	expect(await readFile(join(installed("@drum/coreset"), "CHANGELOG.md"), "utf8")).not.toContain(CHANGE);
});

function ours(name: string): string[] {
	return Object.keys(readManifest(installed(name)).dependencies ?? {}).filter((other) => other.startsWith("@drum/"));
}
