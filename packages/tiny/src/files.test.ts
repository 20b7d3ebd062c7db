import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { adapterFiles, modelFiles } from "./files.ts";
import { adapters, model } from "./index.ts";

test.each([
	["the model's", modelFiles, model],
	["the adapters'", adapterFiles, adapters],
])("%s files are all of its folder, each under its path there", (_, files, folder) => {
	const found = Object.entries(files).map(([path, url]) => [path, relative(folder, fileURLToPath(url))]);
	const listed = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => relative(folder, `${entry.parentPath}/${entry.name}`));
	expect(found).toEqual(listed.sort().map((path) => [path, path]));
});
