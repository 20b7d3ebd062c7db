import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openWorkplace, ROOT, readmeBlocks } from "./workplace.ts";

// Every example of examples/, and every one in TypeScript of README.md, run as it stands.

const { folder, run } = openWorkplace();

describe("examples", () => {
	const files = readdirSync(join(ROOT, "examples")).filter((file) => file.endsWith(".ts"));

	test.each(files)("%s", (file) => {
		const path = join(ROOT, "examples", file);
		const source = readFileSync(path, "utf8");
		const output = run(path);
		if (source.includes("console.log")) expect(output).not.toBe("");
		for (const [, path] of source.matchAll(/save\(["`](out\/[^"`$]*)["`]\)/g)) {
			expect(existsSync(join(folder, path!)), path).toBe(true);
		}
	});
});

describe("README.md", () => {
	const scripts = readmeBlocks("ts");

	test("has examples", () => {
		expect(scripts.length).toBeGreaterThan(0);
	});

	test.each(scripts)("library example %#", (code) => {
		const file = join(folder, "readme.ts");
		writeFileSync(file, code);
		run(file);
	});
});

test("docs/start.md draws with the small model", () => {
	const [code = ""] = readmeBlocks("ts", "docs/start.md");
	const file = join(folder, "star.ts");
	writeFileSync(file, code);
	run(file);
	expect(existsSync(join(folder, "out/star.png"))).toBe(true);
});

describe("README.md of @drum/encoders-transformers", () => {
	test("text features of a published export choose a coreset", () => {
		const [, code = ""] = readmeBlocks("ts", "packages/encoders-transformers/README.md");
		const exported = join(ROOT, "test/golden/fixtures/exports/clip-projected");
		cpSync(exported, join(folder, "models/Xenova/clip-vit-large-patch14"), { recursive: true });
		const file = join(folder, "features.ts");
		const env =
			'import { env } from "@huggingface/transformers";\nObject.assign(env, { localModelPath: "models", allowRemoteModels: false });\n';
		writeFileSync(file, env + code);
		expect(run(file)).toMatch(/^\[ [0-2], [0-2] \]\n$/);
	});
});
