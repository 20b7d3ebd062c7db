import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { chownSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import pg from "pg";
import { findPrograms } from "./programs.ts";

/** A Postgres server of a test's own, which is gone with the process that started it. */
export interface TestPostgres extends AsyncDisposable {
	/** Makes an empty database; returns its URL, of a superuser. */
	createDatabase(): Promise<string>;
	/** Runs SQL in the server's own database, as a superuser, and returns the first value of its first row as text. */
	run(sql: string): Promise<string>;
	/** Ends the server at once; `start` brings it back, with all that was committed. */
	crash(): Promise<void>;
	start(): Promise<void>;
}

/** Fast, as nothing needs to outlive a test. Windows has no sockets in folders for Node.js, so none has them here. */
const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
full_page_writes = off
max_connections = 200
shared_buffers = 32MB
`;

/** @throws an Error that says how to install Postgres, where there is none */
export async function startPostgres(): Promise<TestPostgres> {
	const programs = await findPrograms();
	const user = serverUser();
	const folder = await mkdtemp(join(CHEAP_FOLDER, "postgres-"));
	const port = await freePort();
	const password = randomBytes(12).toString("hex");
	const urlOf = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
	let keeper: { child: ChildProcess; ended: Promise<unknown> } | undefined;
	let databases = 0;

	async function make(): Promise<void> {
		await writeFile(join(folder, "password"), password);
		if (user) for (const path of [folder, join(folder, "password")]) chownSync(path, user.uid, user.gid);
		const options = ["-D", "data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile=password"];
		execFileSync(join(programs, "initdb"), [...options, "-E", "UTF8", "--locale=C", "--no-sync"], {
			...{ ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
		});
		await appendFile(join(folder, "data/postgresql.conf"), `${SETTINGS}port = ${port}\n`);
	}

	async function start(): Promise<void> {
		const ids = user ? [String(user.uid), String(user.gid)] : [];
		const flags = ["--experimental-strip-types", "--no-warnings", join(import.meta.dirname, "keeper.ts")];
		const starting = spawn(process.execPath, [...flags, programs, folder, ...ids], {
			stdio: ["pipe", "pipe", "inherit"],
		});
		keeper = { child: starting, ended: once(starting, "exit") };
		const said = createInterface({ input: starting.stdout });
		const lines: string[] = [];
		for await (const line of said) {
			if (line === "ready") return;
			lines.push(line);
		}
		throw new Error(`Postgres does not start: ${lines.join("\n")}`);
	}

	async function stop(line: string): Promise<void> {
		const ending = keeper;
		keeper = undefined;
		if (!ending) return;
		ending.child.stdin?.end(line);
		await ending.ended;
	}

	async function run(sql: string): Promise<string> {
		const client = new pg.Client({ connectionString: urlOf("postgres") });
		await client.connect();
		try {
			const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
			return String(rows[0]?.[0] ?? "");
		} finally {
			await client.end();
		}
	}

	try {
		await make();
		await start();
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
	return {
		async createDatabase() {
			databases += 1;
			const name = `test_${databases}`;
			await run(`create database ${name}`);
			return urlOf(name);
		},
		run,
		crash: () => stop("crash\n"),
		start,
		async [Symbol.asyncDispose]() {
			await stop("");
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** Postgres does not run as root; a user that owns nothing is there everywhere. */
function serverUser(): { uid: number; gid: number } | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const number = (option: string) => Number(execFileSync("id", [option, "nobody"], { encoding: "utf8" }));
	return { uid: number("-u"), gid: number("-g") };
}

/** Below those that systems give to clients, so that it is still free when the server starts again after a crash. */
async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(20_000, 32_000);
		const server = createServer();
		const listening = once(server.listen(port, "127.0.0.1"), "listening").then(
			() => true,
			() => false,
		);
		const free = await listening;
		if (free) await new Promise((resolve) => server.close(resolve));
		if (free) return port;
	}
}
