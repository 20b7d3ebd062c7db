import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPackage } from "./node.ts";

let project: string;
let main: string;
beforeAll(async () => {
	project = await realpath(await mkdtemp(join(tmpdir(), "drum-find-")));
	main = join(project, "node_modules", "heavy", "main.js");
	await mkdir(join(project, "node_modules", "heavy"), { recursive: true });
	await writeFile(join(project, "node_modules", "heavy", "package.json"), '{ "main": "main.js" }');
	await writeFile(main, "");
});
afterAll(() => rm(project, { recursive: true, force: true }));

describe("a package is found", () => {
	it("from the module that asks for it", () => {
		expect(findPackage("heavy", pathToFileURL(join(project, "module.js")).href)).toBe(main);
	});

	it.each([
		["no place, as in CommonJS", undefined],
		["the place of another machine", "file:///nowhere/dist/index.js"],
	])("from the program, where a bundle has %s", (_, url) => {
		const program = process.argv[1];
		process.argv[1] = join(project, "dist", "bundle.js");
		try {
			expect(findPackage("heavy", url)).toBe(main);
		} finally {
			process.argv[1] = program!;
		}
	});

	it("or the error of Node.js says where it was looked for", () => {
		expect(() => findPackage("not-there", import.meta.url)).toThrow(
			expect.objectContaining({
				code: "MODULE_NOT_FOUND",
				requireStack: [expect.stringContaining("find-package.test")],
			}),
		);
	});
});
