import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { circlesOf } from "./circles.ts";
import { ORDER, withFloors } from "./floors.ts";
import { report } from "./report.ts";
import { find, ROOT, read } from "./sources.ts";

/** Who may import a pipeline. `apps`, `examples` and `test` are no packages and may import any. */
const USES_PIPELINES = new Set(["eval", "eval-runs", "ai-provider", "cli"]);

/** Private packages that only tests import, and what stands in a `testing` folder for them. */
const FOR_TESTS = new Set([
	"test-browser",
	"test-certificates",
	"test-database",
	"test-files",
	"test-made-up",
	"test-postgres",
	"test-process",
	"test-server",
	"test-weights",
]);
const IS_TEST = /\.test\.ts$|\/testing\//;

/** Packages that a browser loads: nothing that they reach may come from Node.js. */
const IN_BROWSERS = [
	...["tensor", "tiny", "tokens", "formats", "hub", "graph", "coreset", "encoders-clip", "encoders-t5"],
	"encoders-qwen3",
	...["peca", "diffusion", "captions", "pipeline", "pipelines-sd", "pipelines-flux"],
];

/** What runs in Node.js alone. */
const NODE_ONLY = /^(node:|@drum\/[^/]+\/node$|onnxruntime-node$|sharp$|undici$|csv-parse(\/sync)?$|hyparquet)/;

const findings: string[] = [];

function importsOf(path: string): string[] {
	return ts.preProcessFile(read(path), true, true).importedFiles.map(({ fileName }) => fileName);
}

/** `@drum/tensor` is `packages/tensor/src/index.ts`, `@drum/tensor/node` is `packages/tensor/src/node.ts`. */
function sourceOf(target: string): string {
	const [, name, entry = "index"] = target.split("/");
	return `packages/${name}/src/${entry}.ts`;
}

function rowOf(name: string): number {
	return ORDER.findIndex((row) => row.includes(name));
}

function checkArrow(path: string, from: string, to: string): void {
	if (from === to) return;
	if (FOR_TESTS.has(to)) {
		if (!IS_TEST.test(path)) findings.push(`${path}: @drum/${to} is imported by tests only`);
		return;
	}
	if (rowOf(to) < 0) findings.push(`${path}: no place in the order for @drum/${to}`);
	else if (rowOf(to) >= rowOf(from)) findings.push(`${path}: @drum/${from} must not import @drum/${to}`);
	else if (to.startsWith("pipelines-") && !USES_PIPELINES.has(from))
		findings.push(`${path}: a pipeline is imported by ${[...USES_PIPELINES].join(", ")} and apps only`);
}

for (const path of find("packages/*/src/**/*.ts")) {
	const from = path.split("/")[1] as string;
	if (rowOf(from) < 0) findings.push(`${path}: no place in the order for @drum/${from}`);
	for (const target of importsOf(path)) {
		const to = /^@drum\/([^/]+)/.exec(target)?.[1];
		if (to !== undefined) checkArrow(path, from, to);
		else if (target.startsWith(".") && !join(dirname(path), target).startsWith(`packages/${from}/`))
			findings.push(`${path}: ${target} leaves the package`);
	}
}

/** Under the condition `browser`, `name.browser.ts` is taken in place of `name.ts`. */
function inBrowser(path: string): string {
	const own = path.replace(/\.ts$/, ".browser.ts");
	return existsSync(join(ROOT, own)) ? own : path;
}

/** All that browsers load, each told once. */
const reached = new Map<string, string>();

function checkBrowserEntry(entry: string): void {
	reached.set(inBrowser(entry), entry);
}

function checkReached(): void {
	for (const [path, from] of reached) {
		for (const target of importsOf(path)) {
			if (NODE_ONLY.test(target)) {
				findings.push(`${path}: ${target} on the way of a browser, by ${from}`);
				continue;
			}
			const isOurs = target.startsWith("@drum/");
			if (!isOurs && !target.startsWith(".")) continue;
			const next = inBrowser(isOurs ? sourceOf(target) : join(dirname(path), target));
			if (!reached.has(next)) reached.set(next, path);
		}
	}
}

for (const name of IN_BROWSERS) {
	checkBrowserEntry(`packages/${name}/src/index.ts`);
	const { exports } = JSON.parse(read(`packages/${name}/package.json`)) as {
		exports: Record<string, { browser?: string }>;
	};
	if (find(`packages/${name}/src/**/*.browser.ts`).length > 0 && exports["."]?.browser === undefined)
		findings.push(`packages/${name}/package.json: files for browsers, but no export under the condition browser`);
}

checkReached();

// Files of a package reach each other in one direction too, types included: each can be read before those that import it.
const sources = ["packages/*/src/**/*.ts", "apps/**/*.ts", "tooling/**/*.ts", "test/**/*.ts"].flatMap((each) =>
	find(each),
);
const within = sources.map((path) => {
	const own = importsOf(path).filter((target) => target.startsWith("."));
	return [path, own.map((target) => join(dirname(path), target))] as const;
});
for (const circle of circlesOf(new Map(within))) findings.push(`import each other in a circle: ${circle.join(", ")}`);

const page = read("docs/architecture.md");
if (withFloors(page) !== page)
	findings.push("docs/architecture.md: not the floors as they are; npx tsx tooling/checks/floors.ts writes them");

report("arrows", findings);
