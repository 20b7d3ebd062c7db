// What run.ts and families.ts share: a measurement's process, its results on the disk, and the table.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

export type Side = "ours" | "theirs";

/** By name: what a process measured, once or several times. */
export type Numbers = Record<string, number | number[]>;

export interface Task {
	/** Its script, beside this file. */
	script: string;
	/** The task, the folder of the weights and what else the script takes. */
	args: readonly string[];
	python: string;
	threads: string;
	env: Readonly<Record<string, string>>;
}

/** Runs a script in a process of its own: what it printed last as JSON, and the most memory it had beside mapped files. */
export async function measure({ script, args, python, threads, env }: Task): Promise<[Numbers, anonymous: number]> {
	const command = script.endsWith(".py") ? python : process.execPath;
	const before = script.endsWith(".py") ? [] : process.execArgv;
	const all = [...before, join(import.meta.dirname, script), ...args];
	const own = { ...process.env, ...env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
	const child = spawn(command, all, { env: own, stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		output += text;
	});
	const anonymous = watchAnonymous(child);
	const code = await new Promise((done) => child.once("close", done));
	if (code !== 0) throw new Error(`${command} ${all.join(" ")} ended with ${code}`);
	process.stderr.write(".");
	return [JSON.parse(output.trim().split("\n").at(-1)!) as Numbers, anonymous()];
}

/** The most memory that a process had of its own, beside files that are mapped: looked up every 20 ms. */
function watchAnonymous({ pid }: ChildProcess): () => number {
	let most = 0;
	const timer = setInterval(() => {
		try {
			const found = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
			most = Math.max(most, Number(found?.[1] ?? 0) * 1024);
		} catch {
			clearInterval(timer);
		}
	}, 20);
	return () => {
		clearInterval(timer);
		return most;
	};
}

/** A line of the table. A goal is the most that our number may be, in theirs. */
export interface Compared {
	name: string;
	unit: "s" | "MiB";
	ours: number;
	theirs: number;
	goal?: number | undefined;
	/** How far the two results are apart. */
	difference?: string | undefined;
}

export function printTable(
	compared: readonly Compared[],
	{ threads, rounds, markdown }: { threads: string; rounds: string; markdown: boolean },
): void {
	const table = compared.map(({ name, unit, ours, theirs, goal, difference = "" }) => {
		const show = (value: number) => (unit === "s" ? value.toFixed(3) : (value / 2 ** 20).toFixed(0));
		return {
			measurement: `${name}, ${unit}`,
			ours: show(ours),
			PyTorch: show(theirs),
			ratio: (ours / theirs).toFixed(3),
			goal: goal === undefined ? "" : `≤ ${goal}`,
			met: goal === undefined ? "" : ours / theirs <= goal ? "yes" : "no",
			difference,
		};
	});
	const [first] = table;
	if (!first) return;
	console.log(`\n${cpus()[0]!.model}, ${threads} threads, Node ${process.version}, medians of ${rounds} processes`);
	if (!markdown) {
		console.table(table);
		return;
	}
	const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
	line(Object.keys(first));
	line(Object.keys(first).map(() => "---"));
	for (const row of table) line(Object.values(row));
}

/** The results that two processes kept, of as many numbers each. */
export function results(folder: string, ...names: [string, string]): [Float32Array, Float32Array] {
	const [a, b] = names.map((name) => {
		return new Float32Array(Uint8Array.from(readFileSync(join(folder, `${name}.bin`))).buffer);
	}) as [Float32Array, Float32Array];
	if (a.length !== b.length) throw new Error(`${names.join(", ")}: ${a.length} numbers and ${b.length}`);
	return [a, b];
}

export function largestDifference(a: Float32Array, b: Float32Array): string {
	return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0).toExponential(1);
}

export function median(numbers: readonly number[] = []): number {
	return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
