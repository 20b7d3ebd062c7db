import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { blocksOf, openWorkplace, PAGES, ROOT } from "./workplace.ts";

// Every example of examples/, and every one in TypeScript of README.md and of the documentation, run as it is; those for browsers almost.

const { folder, run } = openWorkplace();

// In one process: the start of another would take longer than the browser's page.
test("examples/, and docs/browser.md with a document that only has its picture", () => {
	const files = readdirSync(join(ROOT, "examples")).filter((file) => file.endsWith(".ts"));
	const outputs = run(...files.map((file) => join(ROOT, "examples", file)), ...browserPrograms());
	expect(outputs[files.length]).toMatch(/^blob:/);
	for (const [i, file] of files.entries()) {
		const source = readFileSync(join(ROOT, "examples", file), "utf8");
		if (source.includes("console.log")) expect(outputs[i], file).not.toBe("");
		expectSaved(source);
	}
});

describe("pages", () => {
	const pages = PAGES.map((page) => ({ page, examples: blocksOf(page, "ts") })).filter(
		({ examples }) => examples.length > 0,
	);

	test("have examples", () => {
		expect(pages.map(({ page }) => page)).toEqual(expect.arrayContaining(["README.md", "docs/start.md"]));
	});

	test.each(pages)("$page", ({ page, examples }) => {
		const files = examples.map((code, i) => {
			const file = join(folder, `${page.replaceAll("/", "-")}-${i + 1}.ts`);
			writeFileSync(file, code);
			return file;
		});
		run(...files);
		for (const code of examples) expectSaved(code);
	});
});

describe("README.md of @drum/encoders-transformers", () => {
	test("text features of a published export choose a coreset", () => {
		const [, code = ""] = blocksOf("packages/encoders-transformers/README.md", "ts");
		const exported = join(ROOT, "test/golden/fixtures/exports/clip-projected");
		cpSync(exported, join(folder, "models/Xenova/clip-vit-large-patch14"), { recursive: true });
		const file = join(folder, "features.ts");
		const env =
			'import { env } from "@huggingface/transformers";\nObject.assign(env, { localModelPath: "models", allowRemoteModels: false });\n';
		writeFileSync(file, env + code);
		expect(run(file)[0]).toMatch(/^\[ [0-2], [0-2] \]\n$/);
	});
});

describe("README.md of @drum/encoders-qwen3", () => {
	const [folders = "", hub = ""] = blocksOf("packages/encoders-qwen3/README.md", "ts");
	const tiny = join(ROOT, "packages/encoders-qwen3/src/fixtures/model");
	const file = join(folder, "qwen3.ts");

	test("prompts have their lengths, from a pipeline's folders", () => {
		for (const part of ["text_encoder", "tokenizer"]) cpSync(tiny, join(folder, "z-image", part), { recursive: true });
		writeFileSync(file, folders);
		expect(run(file)[0]).toMatch(/^\[ 2, 512, 32 \]\n\[ \d+, \d+ \]\n$/);
	});

	test("a hub id of the whole opens", () => {
		cpSync(tiny, join(folder, "Qwen/Qwen3-4B"), { recursive: true });
		// Of five layers there is no ninth.
		const code = hub.replace('"flux2-klein"', '{ ...QWEN3_USES["flux2-klein"], taps: [1, 3] }');
		const names = 'import { QWEN3_USES, Qwen3TextEncoder } from "@drum/encoders-qwen3";';
		writeFileSync(file, `${names}\n${code}\nconsole.log(encoder.width);`);
		expect(run(file)).toEqual(["64\n"]);
	});
});

/** What docs/browser.md has for a page, as files that Node.js runs: without a server, and in few steps. */
function browserPrograms(): string[] {
	const [draw = "", ...others] = blocksOf("docs/browser.md", "js");
	expect(others).toHaveLength(2);
	const here = draw
		.replace("https://example.org/models/my-model", "stable-diffusion-v1-5/stable-diffusion-v1-5")
		.replace("{ seed: 1 }", "{ seed: 1, numInferenceSteps: 2 }");
	const drawHere = `const img = {};\nconst document = { querySelector: () => img };\n${here}\nconsole.log(img.src);`;
	// The folder of examples does not depend on @drum/graph.
	const graph = JSON.stringify(pathToFileURL(join(ROOT, "packages/graph/src/index.ts")));
	return [drawHere, ...others].map((code, i) => {
		const file = join(folder, `browser-${i + 1}.mjs`);
		writeFileSync(file, code.replace('"@drum/graph"', graph));
		return file;
	});
}

/** The pictures that an example saves are there. */
function expectSaved(code: string): void {
	for (const [, path] of code.matchAll(/\bsave\(["`](out\/[^"`$]*)["`]\)/g)) {
		expect(existsSync(join(folder, path!)), path).toBe(true);
	}
}
