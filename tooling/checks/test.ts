import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { PARTS, type Step } from "./steps.ts";

/** Runs every step until one fails, or the steps named: `pnpm test lint types`. Closes with the count of tests. */
const only = process.argv.slice(2);
const names = PARTS.flat(2).map(({ name }) => name);
const unknown = only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
	console.error(`no step named ${unknown.join(", ")}; there are ${names.join(", ")}`);
	process.exit(2);
}

let passed = 0;
let failed = 0;
const times: string[] = [];
for (const lanes of PARTS) {
	const wanted = lanes.map((lane) => lane.filter(isWanted)).filter(({ length }) => length > 0);
	// Several at once would write into each other's lines: those after the first are shown when they have ended.
	await Promise.all(wanted.map((lane, i) => runLane(lane, i === 0 ? "inherit" : "pipe")));
	if (failed > 0) break;
}

console.log(`\n${times.join(", ")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function isWanted({ name, named = false }: Step): boolean {
	return only.length === 0 ? !named : only.includes(name);
}

/** One step after another, until one fails. */
async function runLane(steps: readonly Step[], output: "inherit" | "pipe"): Promise<void> {
	for (const step of steps) if (!(await runStep(step, output))) return;
}

/** Whether it succeeded. */
async function runStep(step: Step, output: "inherit" | "pipe"): Promise<boolean> {
	const title = `\n== ${step.name}: ${step.command}`;
	if (output === "inherit") console.log(title);
	const started = performance.now();
	if (step.counts !== undefined) rmSync(step.counts, { force: true });
	const child = spawn(`${step.command}${output === "pipe" ? " 2>&1" : ""}`, {
		shell: true,
		stdio: ["ignore", output, "inherit"],
	});
	const [ended, written] = await Promise.all([once(child, "close"), child.stdout ? buffer(child.stdout) : undefined]);
	times.push(`${step.name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
	if (written !== undefined) console.log(`${title}\n${written}`);
	const succeeded = ended[0] === 0;
	count(step, succeeded);
	if (!succeeded) console.error(`\n${step.name} failed; alone: npx pnpm test ${step.name}`);
	return succeeded;
}

/** A test is one; so is a step without tests. A test step that fails without a failed test, as on a crash, is one too. */
function count({ counts }: Step, succeeded: boolean): void {
	const tests = counts === undefined ? undefined : readCounts(counts);
	passed += tests ? tests.numPassedTests : Number(succeeded);
	failed += Math.max(tests?.numFailedTests ?? 0, Number(!succeeded));
}

function readCounts(path: string): { numPassedTests: number; numFailedTests: number } | undefined {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch {
		return undefined;
	}
}
