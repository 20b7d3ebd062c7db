import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { run } from "./commands.ts";
import { exportedEntries, publishedFolders, readManifest } from "./manifests.ts";
import { NODE_VERSIONS, nodeBinary } from "./node-versions.ts";
import { FIXTURES, ROOT } from "./places.ts";

const folders = publishedFolders();
const names = folders.map((folder) => readManifest(folder).name);
const CHECKPOINT = join(FIXTURES, "sd1");
const ADAPTERS = join(FIXTURES, "adapters");

const project = inject("consumer");

describe("an installed package", () => {
	it.each(names)("%s depends on published packages alone", (name) => {
		const { dependencies = {} } = readManifest(join(project, "node_modules", name));
		expect(Object.values(dependencies).filter((range) => !/^[\^~]?\d/.test(range))).toEqual([]);
		const ours = Object.keys(dependencies).filter((dependency) => dependency.startsWith("@drum/"));
		expect(names).toEqual(expect.arrayContaining(ours));
	});

	it.each([
		["@drum/tensor", ["@noble/hashes"]],
		["@drum/coreset", []],
	])("%s depends on %j alone", (name, expected) => {
		expect(Object.keys(readManifest(join(project, "node_modules", name)).dependencies ?? {})).toEqual(expected);
	});

	it("is there once: npm found each in its own tarball", async () => {
		const tree = await run(project, "npm", "ls", "--all", "--parseable");
		const ours = tree.split("\n").flatMap((path) => /node_modules[\\/](@drum[\\/][^\\/]+)$/.exec(path)?.[1] ?? []);
		expect([...new Set(ours)].sort()).toEqual([...names].sort());
		expect(ours).toHaveLength(names.length);
	});
});

describe.each(NODE_VERSIONS)("on Node.js %s", (version) => {
	let node: string;
	beforeAll(async () => {
		node = await nodeBinary(version);
	});

	it("is that version", async () => {
		expect(await run(project, node, "--version")).toBe(`v${version}\n`);
	});

	it("every entry can be imported, and exports something", async () => {
		const entries = exportedEntries(folders);
		const counts = JSON.parse(await run(project, node, "imports.mjs", ...entries)) as Record<string, number>;
		expect(Object.keys(counts)).toEqual(entries);
		for (const [entry, count] of Object.entries(counts)) expect(count, entry).toBeGreaterThan(0);
	});

	it("a program draws a personalised picture, its models running in a worker thread", async () => {
		const file = join(project, `${version}.png`);
		const told = JSON.parse(await run(project, node, "generate.mjs", CHECKPOINT, ADAPTERS, file));
		expect(told).toMatchObject({ seed: 42, signature: "PNG", refused: "argument", name: "ArgumentError" });
		pictures.set(version, told.pixels);
	});

	it("a program trains an adapter and uses it", async () => {
		const told = JSON.parse(await run(project, node, "train.mjs", CHECKPOINT, join(project, `adapters-${version}`)));
		expect(told).toEqual({ losses: expect.any(Array), file: true, dims: [1, 77, 32] });
		losses.set(version, told.losses);
	});

	it("the drum command tells its version and draws", async () => {
		const folder = join(project, "node_modules", "@drum", "cli");
		const drum = join(folder, readManifest(folder).bin?.drum as string);
		// The version that the packages were built at: a release builds them once its versions stand.
		const { version: built } = readManifest(join(ROOT, "packages", "cli"));
		expect(await run(project, node, drum, "--version")).toBe(`${built}\n`);
		const out = join(project, `drum-${version}.png`);
		const options = ["--model", CHECKPOINT, "--adapters", ADAPTERS, "--reference", "a red cat", "--seed", "42"];
		const more = ["--prompt", "a lighthouse", "--steps", "2", "--out", out, "--json"];
		expect(JSON.parse(await run(project, node, drum, "generate", ...options, ...more))).toMatchObject({});
		expect(await run(project, node, "-p", `require("node:fs").readFileSync(${JSON.stringify(out)}).length > 100`)).toBe(
			"true\n",
		);
	});

	it("the drum command evaluates, in a database of its own", async () => {
		const folder = join(project, "node_modules", "@drum", "cli");
		const drum = join(folder, readManifest(folder).bin?.drum as string);
		const out = join(project, `run-${version}`);
		// Making a database takes most of the time: one of these makes its own.
		if (version !== NODE_VERSIONS[0])
			await fillEmpty(join(out, "database"), (folder) => openDatabase({ folder }, { migrations: {} }));
		await run(project, node, drum, "eval", "run", "--data", "tiny:1", "--tables", "2b", "--out", out, "--quiet");
		await run(project, node, drum, "eval", "report", out);
		expect(await readdir(out)).toEqual(expect.arrayContaining(["report.md", "report.html", "results.parquet"]));
		expect(await readFile(join(out, "report.md"), "utf8")).toContain("Table 2b: Text align");
	});
});

const losses = new Map<string, number[]>();
it("the same seed trains the same adapter on every Node.js", () => {
	expect(losses.size).toBe(NODE_VERSIONS.length);
	expect(new Set([...losses.values()].map(String)).size).toBe(1);
});

const pictures = new Map<string, string>();
it("the same seed draws the same picture on every Node.js", () => {
	expect(pictures.size).toBe(NODE_VERSIONS.length);
	expect(new Set(pictures.values()).size).toBe(1);
});
