import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Side } from "./part.ts";
import { type Clock, readClock } from "./quiet.ts";

/** What a worker says of one turn. */
export interface Answer {
	seconds: number;
	/** The most memory the process had so far, with mapped files, in bytes. */
	peak: number;
}

export interface WorkerOptions {
	folder: string;
	python: string;
	threads: number;
}

/** A process that measures on request: `ours/serve.ts` and `peers/measuring.py` are its other end. */
export class Worker {
	readonly #child: ChildProcess;
	readonly #lines: AsyncIterator<string>;
	readonly #ended: Promise<number | string>;
	#anonymous = 0;

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
		this.#ended = new Promise((done) => child.once("close", (code, signal) => done(signal ?? code ?? "nothing")));
		const timer = setInterval(() => this.#watch(), 20);
		void this.#ended.then(() => clearInterval(timer));
	}

	/** Starts it, and waits until it is ready. What it and its libraries say goes to `log`. */
	static async start(side: Side, { folder, python, threads }: WorkerOptions): Promise<Worker> {
		const theirs = side.script.endsWith(".py");
		const command = theirs ? [python] : [process.execPath, ...process.execArgv];
		const args = [join(import.meta.dirname, "..", side.script), folder, String(threads), side.kind, side.task];
		const env = { ...process.env, HF_HOME: join(folder, "hub"), BENCH_SIDE: side.name };
		const child = spawn(command[0]!, [...command.slice(1), ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
		child.stderr.pipe(createWriteStream(join(folder, "log.txt"), { flags: "a" }));
		const worker = new Worker(child);
		await worker.#answer();
		return worker;
	}

	/** One turn, with the machine's clocks around it. */
	async measure(name: string): Promise<{ answer: Answer; span: [Clock, Clock] }> {
		const before = readClock(this.#child.pid!);
		this.#child.stdin!.write(`${name}\n`);
		const answer = (await this.#answer()) as unknown as Answer;
		return { answer, span: [before, readClock(this.#child.pid!)] };
	}

	/** The most memory it had besides mapped files, as far as it was looked at. */
	get anonymous(): number {
		return this.#anonymous;
	}

	async close(): Promise<void> {
		this.#child.stdin!.end();
		const timer = setTimeout(() => this.#child.kill("SIGKILL"), 20_000);
		await this.#ended;
		clearTimeout(timer);
	}

	async #answer(): Promise<Record<string, unknown>> {
		const { value, done } = await this.#lines.next();
		if (done) throw new Error(`${this.#child.spawnargs.join(" ")} ended with ${await this.#ended}: see log.txt`);
		return JSON.parse(value) as Record<string, unknown>;
	}

	#watch(): void {
		try {
			const found = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8"));
			this.#anonymous = Math.max(this.#anonymous, Number(found?.[1] ?? 0) * 1024);
		} catch {
			// It has just ended.
		}
	}
}
