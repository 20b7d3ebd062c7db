import { spawn } from "node:child_process";
import { loadavg } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseJson } from "@drum/tensor";
import type { Surroundings } from "../surroundings.ts";
import type { Measurement } from "./measure.ts";
import { type Processor, readProcessor } from "./processor.ts";
import { type Recommendation, type Result, recommend } from "./recommend.ts";
import { measureRoof, type Roof } from "./roof.ts";

/** What `drum bench` found. */
export interface BenchReport {
	checkpoint: string;
	processor: Processor;
	/** Billions of operations a second. */
	roof: Roof;
	/** How many processes wanted to run in the minute before: more than a half, and the numbers are of a busy machine. */
	load: number;
	results: Result[];
	recommended: Recommendation | undefined;
}

export interface BenchOptions extends Pick<Surroundings, "stderr" | "signal"> {
	dtypes: readonly string[];
	threads: number | undefined;
	/** The command's own options, for the processes that measure. */
	argv: readonly string[];
}

/** Measures one dtype after another, each in a process of its own, so that memory is its own and nothing of the one before is left. */
export async function bench(checkpoint: string, options: BenchOptions): Promise<BenchReport> {
	const { dtypes, threads, signal } = options;
	const [load = 0] = loadavg();
	const [processor, roof] = [await readProcessor(), await measureRoof(threads, signal)];
	const results: Result[] = [];
	for (const dtype of dtypes) results.push({ dtype, ...(await measureApart(checkpoint, dtype, options)) });
	return { checkpoint, processor, roof, load, results, recommended: recommend(results) };
}

async function measureApart(
	checkpoint: string,
	dtype: string,
	{ argv, stderr, signal }: BenchOptions,
): Promise<Measurement | { error: string }> {
	signal.throwIfAborted();
	const command = ["bench", checkpoint, "--dtype", dtype, "--here", "--json", ...argv];
	const child = spawn(process.execPath, [...process.execArgv, mainPath(), ...command], {
		stdio: ["pipe", "pipe", "pipe"],
	});
	// A terminal interrupts both processes: a second signal would end that one in the middle of a step or a file.
	const stop = () => child.stdin.end();
	signal.addEventListener("abort", stop);
	try {
		const closed = new Promise<string>((resolve, reject) => {
			child.once("error", reject);
			child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
		});
		let said = "";
		child.stderr.on("data", (chunk: Buffer) => {
			said = (said + chunk).slice(-4000);
			stderr.write(chunk);
		});
		const [out, ended] = await Promise.all([text(child.stdout), closed]);
		signal.throwIfAborted();
		if (ended === "exit code 0") return parseJson(out) as unknown as Measurement;
		const killed = ended === "SIGKILL" ? "it was killed, as a system does that runs out of memory" : undefined;
		return { error: killed ?? (said.trim().split("\n").at(-1) || ended) };
	} finally {
		signal.removeEventListener("abort", stop);
	}
}

/** The `drum` command: in the package's build, or in its sources. */
function mainPath(): string {
	return fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../main.ts" : "./main.js", import.meta.url));
}
