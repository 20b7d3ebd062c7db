// Everything that RESULTS.md says of time and memory, in one run: README.md says how.
//   tsx --conditions=@drum/source tooling/bench/all.ts FOLDER [--python python3] [--only unet,vae,…] [--threads N] [--prepare] [--again] [--busy] [--write] [--minutes N]
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PARTS } from "./parts/parts.ts";
import type { Part } from "./run/part.ts";
import { prepare, readOperations } from "./run/prepare.ts";
import { BUSY } from "./run/quiet.ts";
import { distances, readResult, writeResult } from "./run/results.ts";
import { type Machine, measureMachine } from "./run/roof.ts";
import { Turns } from "./run/turns.ts";
import { versions } from "./run/versions.ts";
import { document } from "./table/document.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		python: { type: "string", default: "python3" },
		threads: { type: "string", default: String(availableParallelism()) },
		only: { type: "string" },
		prepare: { type: "boolean", default: false },
		again: { type: "boolean", default: false },
		busy: { type: "boolean", default: false },
		write: { type: "boolean", default: false },
		minutes: { type: "string", default: "600" },
	},
});
const [given] = positionals;
if (!given) throw new TypeError("name a folder for checkpoints and results: 40 GB");
const folder = resolve(given);
const python = values.python;
const threads = Number(values.threads);
const parts = chosen(values.only?.split(","));
const say = (text: string) => console.error(text);

await prepare([], { folder, python, threads, say });
const spoilt: string[] = [];
if (!values.write) {
	// One that is named is measured anew.
	const due = parts.filter((part) => values.prepare || values.again || values.only || !readResult(folder, part));
	const machine = values.prepare ? undefined : await measureMachine(folder, python, threads);
	const end = performance.now() + 60_000 * Number(values.minutes);
	for (const part of due) {
		if (performance.now() > end) say(`${part.name} is left for another run`);
		else if (!(await measure(part, machine))) spoilt.push(part.name);
		else if (machine) write();
	}
} else write();
if (spoilt.length > 0) {
	say(
		`the machine was busy: not kept are ${spoilt.join(", ")}; measure again when it is not, or keep them with --busy`,
	);
	process.exitCode = 1;
}

function write(): void {
	const all = PARTS.map((part) => ({ part, result: readResult(folder, part) }));
	const path = join(import.meta.dirname, "RESULTS.md");
	writeFileSync(path, document(all, readOperations(folder), readFileSync(path, "utf8")));
}

function chosen(names: readonly string[] | undefined): readonly Part[] {
	const unknown = names?.find((name) => !PARTS.some((part) => part.name === name));
	if (unknown)
		throw new TypeError(`no part is called ${unknown}; there are ${PARTS.map(({ name }) => name).join(", ")}`);
	return PARTS.filter(({ name }) => names?.includes(name) ?? true);
}

/** @returns whether it could be kept: the machine was quiet, or nothing was to be kept. */
async function measure(part: Part, machine: Machine | undefined): Promise<boolean> {
	await prepare(part.needs, { folder, python, threads, say });
	const start = performance.now();
	const before = loadavg()[0]!;
	for (const { name } of part.measured)
		for (const side of part.groups.flat())
			rmSync(join(folder, "outputs", `${name}, ${side.name}.bin`), { force: true });
	const turns = new Turns({ folder, python, threads, processors: availableParallelism(), warmUpOnly: !machine, say });
	await turns.take(part);
	const took = (performance.now() - start) / 1000;
	say(`${part.name}: ${took.toFixed(0)} s, others had ${(100 * turns.others).toFixed(1)} % of the processors`);
	if (!machine) return true;
	if (turns.others > BUSY && !values.busy) return false;
	const { failed, others } = turns;
	writeResult(folder, part, {
		...machine,
		...{ at: new Date().toISOString(), commit: commit(), threads, versions: versions(python) },
		...{ load: [before, loadavg()[0]!], others, took, values: turns.values, failed },
		distances: distances(folder, part),
	});
	return true;
}

function commit(): string {
	return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
}
