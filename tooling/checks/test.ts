import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { STEPS, type Step } from "./steps.ts";

/** Runs every step until one fails, or the steps named: `pnpm test lint types`. Closes with the count of tests. */
const only = process.argv.slice(2);
const unknown = only.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
	console.error(`no step named ${unknown.join(", ")}; there are ${STEPS.map(({ name }) => name).join(", ")}`);
	process.exit(2);
}

let passed = 0;
let failed = 0;
const times: string[] = [];
for (const step of STEPS.filter(({ name, named = false }) => (only.length === 0 ? !named : only.includes(name)))) {
	console.log(`\n== ${step.name}: ${step.command}`);
	const started = performance.now();
	if (step.counts !== undefined) rmSync(step.counts, { force: true });
	const { status } = spawnSync(step.command, { shell: true, stdio: "inherit" });
	times.push(`${step.name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
	count(step, status === 0);
	if (status !== 0) {
		console.error(`\n${step.name} failed; alone: npx pnpm test ${step.name}`);
		break;
	}
}

console.log(`\n${times.join(", ")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

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
