import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TYPESCRIPT } from "@drum/test-process";
import type { Report } from "./child.ts";
import * as targets from "./targets/index.ts";

/** Milliseconds that a file may take, by the clock and by the processor, and bytes of memory that it may leave behind. */
const MOST_TIME = 1000;
const MOST_MEMORY = 500_000_000;
/** Milliseconds after which a file counts as one that hangs. */
const HANGS = 30_000;

export const TARGETS: readonly string[] = Object.values(targets).map(({ name }) => name);

export interface Failure {
	readonly file: number;
	readonly text: string;
}

export interface Result {
	read: number;
	refused: number;
	failures: Failure[];
	/** Of the slowest file, in milliseconds. */
	longest: number;
	/** Most memory above what the target took before its first file, in bytes. */
	memory: number;
}

/** Gives a target the files `from` to `to` of a seed, in a process that is started again where a file ended it. */
export async function campaign(target: string, seed: number, from: number, to: number): Promise<Result> {
	const result: Result = { read: 0, refused: 0, failures: [], longest: 0, memory: 0 };
	for (let next = from; next < to; ) next = await runChild(target, seed, next, to, result);
	return result;
}

/** @returns the file to go on with */
function runChild(target: string, seed: number, from: number, to: number, result: Result): Promise<number> {
	const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [target, `${seed}`, `${from}`, `${to}`], {
		execArgv: [...TYPESCRIPT],
		stdio: ["ignore", "ignore", "pipe", "ipc"],
	});
	let said = "";
	child.stderr!.on("data", (bytes: Buffer) => {
		said = `${said}${bytes}`.slice(-4000);
	});
	let current: number | undefined;
	let done = from;
	let watch: NodeJS.Timeout | undefined;
	child.on("message", (report: Report) => {
		clearTimeout(watch);
		if (!("outcome" in report)) {
			current = report.file;
			watch = setTimeout(() => child.kill("SIGKILL"), HANGS);
			return;
		}
		current = undefined;
		done = report.file + 1;
		take(report, result);
	});
	return new Promise((resolve, reject) => {
		child.on("close", (code, signal) => {
			clearTimeout(watch);
			if (done === to) resolve(to);
			else if (current === undefined) reject(new Error(`${target} could not be prepared (${signal ?? code}): ${said}`));
			else {
				const text = signal === "SIGKILL" ? "it hangs" : `the process ended (${signal ?? code}): ${said}`;
				result.failures.push({ file: current, text });
				resolve(current + 1);
			}
		});
	});
}

function take(
	{ file, outcome, text, milliseconds, memory }: Extract<Report, { outcome: string }>,
	result: Result,
): void {
	result.longest = Math.max(result.longest, milliseconds);
	result.memory = Math.max(result.memory, memory);
	if (outcome === "failed") result.failures.push({ file, text });
	else if (milliseconds > MOST_TIME) result.failures.push({ file, text: `it took ${Math.round(milliseconds)} ms` });
	else if (memory > MOST_MEMORY) result.failures.push({ file, text: `${memory} bytes of memory` });
	else if (outcome === "read") result.read++;
	else result.refused++;
}
