import { globSync } from "node:fs";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run, runWith } from "./commands.ts";
import { readManifest } from "./manifests.ts";
import { ROOT } from "./places.ts";
import { type Registry, TOKEN } from "./registry.ts";

const CHANGESET = join(ROOT, "node_modules", "@changesets", "cli", "bin.js");
const FILES = ["package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml", ".pnpmfile.mjs", ".changeset"];
const LEFT_OUT = /[\\/](node_modules|src|\.turbo)([\\/]|$)/;

/** The text of a changeset that the copy has besides its own, so that there is something to release. */
export const CHANGE = "Something that a user can see.";

export interface Release {
	registry: string;
	/** The version that all packages have. */
	version: string;
	published: readonly string[];
	/** `name@version` of each package, as git was tagged, and as the action on GitHub is told of it. */
	tags: readonly string[];
	reported: readonly string[];
	/** What a second publication says. */
	again: string;
}

/**
 * A release as release.yml makes it, step by step, in a copy of the repository and to a registry on this machine: versions
 * and changelogs, the plan, the tarballs, their publication, the tags.
 */
export async function releaseCopy(copy: string, registry: Registry): Promise<Release> {
	await copyRepository(copy);
	const changeset = (...args: string[]) => run(copy, process.execPath, CHANGESET, ...args);
	const git = (...args: string[]) => run(copy, "git", ...args);
	await changeset("version");
	await writeFile(join(copy, ".npmrc"), `registry=${registry.url}\n${registry.url.slice(5)}:_authToken=${TOKEN}\n`);
	await git("init", "--quiet");
	await git("config", "user.name", "test");
	await git("config", "user.email", "test@localhost");
	await git("add", ".");
	await git("commit", "--quiet", "--message", "Version Packages");

	const plan = join(copy, "out", "plan.json");
	const tarballs = join(copy, "out", "tarballs");
	const output = join(copy, "out", "tags.ndjson");
	await changeset("publish-plan", "--output", plan);
	await changeset("pack", "--from-publish-plan", plan, "--out-dir", tarballs);
	// The action gives the command this variable, and tags and releases what it then finds in the file.
	const environment = { CHANGESETS_OUTPUT: output };
	await runWith(environment, copy, process.execPath, CHANGESET, "publish", "--from-pack-dir", tarballs);

	const events = (await readFile(output, "utf8")).trim().split("\n");
	return {
		registry: registry.url,
		version: readManifest(join(copy, "packages", "tensor")).version,
		published: [...registry.published],
		tags: (await git("tag", "--list")).trim().split("\n"),
		reported: events.map((event) => JSON.parse(event).tag),
		again: await changeset("publish"),
	};
}

/** What a release reads: packages as they are built, without sources, and the repository's own manifests. */
async function copyRepository(copy: string): Promise<void> {
	for (const file of FILES) await cp(join(ROOT, file), join(copy, file), { recursive: true });
	const packages = join(ROOT, "packages");
	const filter = (path: string) => !LEFT_OUT.test(path.slice(packages.length));
	await cp(packages, join(copy, "packages"), { recursive: true, filter });
	await linkWorkspace(copy);
	await writeFile(join(copy, ".gitignore"), "out/\nnode_modules/\n");
	await writeFile(join(copy, ".changeset", "release-test.md"), `---\n"@drum/tensor": minor\n---\n\n${CHANGE}\n`);
}

/** Packages lie beside each other as an installation links them: pnpm looks there for the versions that `workspace:` means. */
async function linkWorkspace(copy: string): Promise<void> {
	const packages = globSync("packages/*/package.json", { cwd: copy }).map((path) => join(copy, dirname(path)));
	const tooling = globSync("tooling/*/package.json", { cwd: ROOT }).map((path) => join(ROOT, dirname(path)));
	for (const folder of packages) {
		const links = join(folder, "node_modules", "@drum");
		await mkdir(links, { recursive: true });
		for (const target of [...packages, ...tooling]) await symlink(target, join(links, basename(target)));
	}
}
