import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { plainEnvironment } from "../packed/commands.ts";

const START = 120_000;

export interface Served extends AsyncDisposable {
	readonly url: string;
	/** The JSON that a path answers. */
	get(path: string): Promise<unknown>;
}

/** Runs a Node.js program that listens on PORT, or the port that it is told, until it is disposed of. */
export async function serve(
	more: NodeJS.ProcessEnv,
	cwd: string,
	command: (port: string) => readonly string[],
): Promise<Served> {
	const port = await freePort();
	const args = command(String(port));
	const env = { ...plainEnvironment(), ...more, PORT: String(port), HOSTNAME: "127.0.0.1" };
	const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
	const ended = once(child, "exit");
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
	const url = `http://127.0.0.1:${port}`;

	const stop = async (): Promise<void> => {
		child.kill("SIGKILL");
		await ended;
	};
	const until = performance.now() + START;
	while (!(await fetch(url).catch(() => undefined))) {
		if (child.exitCode !== null || performance.now() > until) {
			await stop();
			throw new Error(`${args.join(" ")} does not listen\n${output}`);
		}
		await wait(200);
	}
	return {
		url,
		get: async (path) => {
			const answer = await fetch(url + path);
			if (!answer.ok) throw new Error(`${path}: ${answer.status}\n${output}`);
			return answer.json();
		},
		[Symbol.asyncDispose]: stop,
	};
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}
