import { basename, dirname, extname } from "node:path";
import ts from "typescript";
import { report } from "./report.ts";
import { find, read } from "./sources.ts";

const MOST_LINES = 250;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const VAGUE = /^(utils?|helpers?|common|misc|shared)$/;
/** As a namespace: of `z` alone a bundler leaves out nothing, and zod is 450 kB. */
const WHOLE_ZOD = /import (?:type )?\{[^}]*\bz\b[^}]*\} from "zod"/;
/** What a merge leaves where both sides changed the same lines. */
const UNMERGED = /^(?:<{7}|>{7}) /m;
const UNFINISHED = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;

const findings: string[] = [];
const code = find(
	"packages/**/*.ts",
	"apps/**/*.{ts,tsx,svelte}",
	"examples/**/*.ts",
	"test/**/*.ts",
	"tooling/**/*.{ts,py}",
);

for (const path of code.filter((path) => !path.includes("/fixtures/"))) {
	const text = read(path);
	const lines = text.split("\n").length - 1;
	if (lines > MOST_LINES && !path.endsWith(".test.ts")) findings.push(`${path}: ${lines} lines, at most ${MOST_LINES}`);
	if (UNFINISHED.test(text)) findings.push(`${path}: unfinished: ${UNFINISHED.exec(text)}`);
	for (const folder of dirname(path).split("/"))
		if (VAGUE.test(folder)) findings.push(`${path}: a folder is named after what it holds, not "${folder}"`);
	if (WHOLE_ZOD.test(text)) findings.push(`${path}: zod is imported by import * as z from "zod"`);
	if (extname(path) === ".py") continue;
	for (const part of path.split("/")) if (!KEBAB.test(part)) findings.push(`${path}: "${part}" is not kebab-case`);
	if (VAGUE.test(basename(path, extname(path)))) findings.push(`${path}: a file is named after what it holds`);
	if (/^packages\/.*\/index\.ts$/.test(path)) findings.push(...otherThanExports(path, text));
}

for (const path of [...code, ...find("**/*.{md,json,yml,yaml,css,html,sh}", ".changeset/*.md", ".github/**/*.yml")])
	if (UNMERGED.test(read(path))) findings.push(`${path}: has both sides of a merge`);

function otherThanExports(path: string, text: string): string[] {
	const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
	const named = statements.every(
		(each) =>
			ts.isExportDeclaration(each) && each.moduleSpecifier && each.exportClause && ts.isNamedExports(each.exportClause),
	);
	return named ? [] : [`${path}: an index holds named re-exports and nothing else`];
}

report("conventions", findings);
