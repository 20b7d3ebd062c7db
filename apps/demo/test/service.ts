import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@drum/database";
import { fillEmpty } from "@drum/test-database";
import { TYPESCRIPT } from "@drum/test-process";
import { afterAll, onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** How a process ended: by its code, or the signal that killed it. */
export interface Ending {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** Takes what is to be done after the test, or after all of a file's. */
export type Afterwards = (end: () => Promise<void>) => void;

export interface RunOptions {
	/** Beside the few that any process has. */
	env?: Record<string, string>;
	cwd?: string;
	/** When it is killed, if it runs by then. Default after the test. */
	afterwards?: Afterwards;
}

/** For what all tests of a file share. Call it beside them. */
export function afterFile(): Afterwards {
	const ends: (() => Promise<void>)[] = [];
	afterAll(async () => {
		for (const end of ends.toReversed()) await end();
	});
	return (end) => ends.push(end);
}

/** A TypeScript program that runs as a process of its own. */
export class Program {
	readonly ended: Promise<Ending>;
	/** All that it has written so far. */
	output = "";
	readonly #child: ChildProcess;

	constructor(script: string, args: readonly string[], options: RunOptions = {}) {
		const { env = {}, cwd = ROOT, afterwards = onTestFinished } = options;
		const { PATH, HOME, TMPDIR, NODE_OPTIONS, NODE_COMPILE_CACHE } = process.env;
		this.#child = spawn(process.execPath, [...TYPESCRIPT, script, ...args], {
			...{
				cwd,
				env: { PATH, HOME, TMPDIR, NODE_OPTIONS, NODE_COMPILE_CACHE, ...env },
				stdio: ["ignore", "pipe", "pipe"],
			},
		});
		for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
			stream.setEncoding("utf8").on("data", (text: string) => {
				this.output += text;
			});
		}
		this.ended = new Promise((resolve, reject) => {
			this.#child.on("error", reject);
			this.#child.on("close", (code, signal) => resolve({ code, signal }));
		});
		afterwards(async () => void (await this.kill("SIGKILL")));
	}

	get pid(): number {
		return this.#child.pid!;
	}

	/** Sends the signal, and waits for the process to end. */
	kill(signal: NodeJS.Signals): Promise<Ending> {
		this.#child.kill(signal);
		return this.ended;
	}

	/** What `pattern` matches in the output, as soon as it is there. */
	said(pattern: RegExp): Promise<RegExpExecArray> {
		return new Promise((resolve, reject) => {
			const look = () => {
				const found = pattern.exec(this.output);
				if (!found) return;
				for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.off("data", look);
				resolve(found);
			};
			for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on("data", look);
			look();
			const tell = ({ code, signal }: Ending) =>
				reject(new Error(`the process ended with ${code ?? signal} before it said ${pattern}:\n${this.output}`));
			this.ended.then(tell, reject);
		});
	}
}

/** Runs the demo's command. */
export function runDemo(args: readonly string[], options?: RunOptions): Program {
	return new Program(join(ROOT, "apps/demo/main.ts"), args, options);
}

export interface ServiceOptions extends RunOptions {
	/** The folder of the embedded database; default none, as where `env` names a server. */
	data?: string;
	/** Default any that is free. */
	port?: number;
	/** More of the command's options. */
	args?: readonly string[];
}

export interface RunningService {
	readonly program: Program;
	/** `http://127.0.0.1:` and the port. */
	readonly address: string;
	readonly port: number;
}

/** Starts the demo's service, and waits until it listens. */
export async function startService({ data, port = 0, args = [], ...options }: ServiceOptions): Promise<RunningService> {
	const place = data === undefined ? [] : ["--data", data];
	const program = runDemo(["serve", "--port", String(port), ...place, ...args], options);
	const [address] = await program.said(/http:\/\/127\.0\.0\.1:\d+(?=\s)/);
	return { program, address, port: Number(new URL(address).port) };
}

/** A folder with an empty database, which is gone afterwards. */
export async function dataFolder(afterwards: Afterwards = onTestFinished): Promise<string> {
	const folder = await temporaryFolder(afterwards);
	await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
	return folder;
}

/** A folder that is gone afterwards. */
export async function temporaryFolder(afterwards: Afterwards = onTestFinished): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "drum-demo-"));
	afterwards(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	return folder;
}
