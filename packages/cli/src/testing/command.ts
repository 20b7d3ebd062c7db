import { spawn } from "node:child_process";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { TYPESCRIPT } from "@drum/test-process";
import { run, type Surroundings } from "../index.ts";

const path = (from: string) => fileURLToPath(new URL(from, import.meta.url));
const fixtures = "../../../../test/golden/fixtures";

/** A tiny checkpoint in the hub's layout. */
export const fixtureFolder = (name: string) => path(`${fixtures}/${name}`);
/** Tiny Stable Diffusion checkpoints, and the adapters of their encoders. */
export const SD1 = fixtureFolder("sd1");
export const SD2 = fixtureFolder("sd2");
export const ADAPTERS = fixtureFolder("adapters");
export const MODEL = ["--model", SD1, "--adapters", ADAPTERS];

export interface Outcome {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** Runs a command in this process. */
export async function drum(
	argv: readonly string[],
	{ stdin = "", ...around }: Partial<Omit<Surroundings, "stdin">> & { stdin?: string } = {},
): Promise<Outcome> {
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	const texts = [text(stdout), text(stderr)];
	const code = await run(argv, { stdout, stderr, env: {}, stdin: Readable.from([Buffer.from(stdin)]), ...around });
	stdout.end();
	stderr.end();
	const [out, err] = await Promise.all(texts);
	return { code, stdout: out!, stderr: err! };
}

/** Runs a command in a process of its own; `started` is given the process, to signal it; `env` comes over this process's. */
export async function drumProcess(
	argv: readonly string[],
	started: (child: ReturnType<typeof spawn>) => unknown = () => undefined,
	env: Readonly<Record<string, string>> = {},
): Promise<Outcome & { milliseconds: number }> {
	const start = performance.now();
	const child = spawn(process.execPath, [...TYPESCRIPT, path("../main.ts"), ...argv], {
		...{ stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } },
	});
	const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
	// A stream that `started` closes has no text.
	const texts = [child.stdout, child.stderr].map((stream) => text(stream).catch(() => ""));
	started(child);
	const code = await closed;
	const [stdout, stderr] = await Promise.all(texts);
	return { code, stdout: stdout!, stderr: stderr!, milliseconds: performance.now() - start };
}
