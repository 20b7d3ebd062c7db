import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TYPESCRIPT } from "@drum/test-process";

/** Runs a script of this folder as a process of its own. */
export function runProcess(script: string, ...args: string[]) {
	const child: ChildProcess = spawn(process.execPath, [...TYPESCRIPT, join(import.meta.dirname, script), ...args], {
		stdio: ["pipe", "pipe", "pipe"],
	});
	const lines: string[] = [];
	const reading = createInterface({ input: child.stdout! }).on("line", (line) => lines.push(line));
	const closed = once(child, "close");
	return {
		child,
		/** What it has printed so far. */
		lines,
		/** Until it has printed this line. */
		async printed(line: string): Promise<void> {
			while (!lines.includes(line)) await Promise.race([once(reading, "line"), closed.then(fail)]);
			function fail(): never {
				throw new Error(`${script} ended without "${line}"`);
			}
		},
		/** Until it has ended, by itself or by a signal. */
		async ended(): Promise<{ code: number | null; signal: string | null }> {
			const [code, signal] = await closed;
			return { code, signal };
		},
	};
}
