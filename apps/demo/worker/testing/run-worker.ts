import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DatabasePlace } from "@drum/database";
import { TYPESCRIPT } from "@drum/test-process";
import { onTestFinished } from "vitest";

/** A worker as a process of its own, at work. */
export interface WorkerProcess {
	/** Until so many pictures are in the database. */
	drawn(pictures: number): Promise<void>;
	/** Ends it as a power cut would. */
	kill(): Promise<void>;
}

export async function runWorker(place: DatabasePlace): Promise<WorkerProcess> {
	const script = join(import.meta.dirname, "worker-process.ts");
	const stdio = ["ignore", "pipe", "inherit"] as const;
	const child = spawn(process.execPath, [...TYPESCRIPT, script, JSON.stringify(place)], { stdio: [...stdio] });
	const lines: string[] = [];
	const output = createInterface({ input: child.stdout! }).on("line", (line) => lines.push(line));
	const ended = once(child, "close");
	onTestFinished(() => void child.kill("SIGKILL"));
	const until = async (is: () => boolean) => {
		while (!is()) {
			const more = await Promise.race([once(output, "line"), ended.then(() => undefined)]);
			if (!more && !is()) throw new Error(`the worker ended after ${lines.join(", ") || "nothing"}`);
		}
	};
	await until(() => lines.includes("working"));
	return {
		drawn: (pictures) => until(() => lines.filter((line) => line === "drawn").length >= pictures),
		async kill() {
			child.kill("SIGKILL");
			await ended;
		},
	};
}
