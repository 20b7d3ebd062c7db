import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { run } from "./commands.ts";
import { picks } from "./consumer/browser.ts";
import { exportedEntries, publishedFolders } from "./manifests.ts";
import { ROOT } from "./places.ts";

const folders = publishedFolders();
const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true };

const project = inject("consumer");

async function compile(name: string, files: readonly string[], options: object): Promise<string> {
	const config = { compilerOptions: { ...STRICT, target: "ES2024", ...options }, files };
	await writeFile(join(project, `tsconfig.${name}.json`), JSON.stringify(config));
	return run(project, process.execPath, TSC, "-p", `tsconfig.${name}.json`);
}

describe("a strict program compiles against the packed types", () => {
	it.each([
		["NodeNext", "NodeNext"],
		["ESNext", "Bundler"],
	])("module %s, resolution %s: every entry, and every declaration file checked", async (module, moduleResolution) => {
		const all = exportedEntries(folders).map((entry, index) => `export * as entry${index} from "${entry}";`);
		await writeFile(join(project, "entries.ts"), all.join("\n"));
		const options = { module, moduleResolution, lib: ["ES2024", "ESNext.Disposable"], types: ["node"] };
		expect(await compile(moduleResolution, ["node.ts", "entries.ts"], { ...options, skipLibCheck: false })).toBe("");
	});

	it("of a page, without Node.js's types", async () => {
		const options = { module: "ESNext", moduleResolution: "Bundler", lib: ["ES2024", "DOM"], types: [] };
		expect(await compile("browser", ["browser.ts"], { ...options, skipLibCheck: false })).toBe("");
	});
});

describe("a bundle for a browser", () => {
	it("holds the tensor and coreset packages whole, and picks what Node.js picks, with web globals alone", async () => {
		const { outputFiles, metafile } = await build({
			absWorkingDir: project,
			entryPoints: ["browser.ts"],
			bundle: true,
			platform: "browser",
			format: "iife",
			globalName: "page",
			metafile: true,
			write: false,
		});
		const imported = Object.values(metafile.outputs).flatMap((output) => output.imports);
		expect(imported).toEqual([]);
		const web = { TextEncoder, TextDecoder, setTimeout, clearTimeout, performance, MessageChannel, DOMException };
		const program = `${outputFiles[0]?.text}; page.picks().then(JSON.stringify)`;
		expect(JSON.parse(await runInNewContext(program, web))).toEqual(await picks());
	});
});
