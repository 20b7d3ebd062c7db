import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findBinaries } from "./binaries.ts";

/** A Postgres server of a test's own, with pgvector at hand, which is gone with the process that started it. */
export interface TestPostgres extends AsyncDisposable {
	/** Makes an empty database; returns its URL, of a superuser without a password. */
	createDatabase(): Promise<string>;
	/** Runs SQL in the server's own database, as a superuser, and returns what psql prints. */
	run(sql: string): string;
	/** Ends the server at once; `start` brings it back, with all that was committed. */
	crash(): Promise<void>;
	start(): Promise<void>;
}

/** Fast, as nothing needs to outlive a test. */
const SETTINGS = `
listen_addresses = ''
fsync = off
full_page_writes = off
max_connections = 200
shared_buffers = 32MB
`;

/** Superuser postgres comes in as it is; everyone else by password. */
const ACCESS = "local all postgres trust\nlocal all all scram-sha-256\n";

/**
 * Ends Postgres at the line "crash", or when this process's end of the pipe is closed, as by any death of it, and then
 * takes the files away. Arguments: the folder of programs, the server's folder.
 */
const KEEPER = `"$1/postgres" -D "$2/data" -k "$2" >"$2/log" 2>&1 & server=$!
read line; kill -QUIT $server; wait $server; [ "$line" = crash ] || rm -rf "$2"`;

/** @throws an Error that says how to install Postgres, where there is none */
export async function startPostgres(): Promise<TestPostgres> {
	const programs = findBinaries();
	const user = serverUser();
	const folder = await mkdtemp(join(tmpdir(), "postgres-"));
	if (user) chownSync(folder, user.uid, user.gid);
	const call = (program: string, ...args: string[]) =>
		execFileSync(join(programs, program), args, {
			...user,
			cwd: folder,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	const run = (sql: string) => call("psql", "-h", folder, "-U", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql);
	let keeper: ChildProcess | undefined;
	let databases = 0;

	async function start(): Promise<void> {
		keeper = spawn("sh", ["-c", KEEPER, "sh", programs, folder], {
			...user,
			cwd: folder,
			stdio: ["pipe", "ignore", "ignore"],
		});
		for (;;) {
			try {
				call("pg_isready", "-h", folder, "-q");
				return;
			} catch {
				if (keeper.exitCode !== null) throw new Error(await readFile(join(folder, "log"), "utf8"));
				await setTimeout(20);
			}
		}
	}

	async function stop(line: string): Promise<void> {
		const ending = keeper;
		if (!ending || ending.exitCode !== null) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		ending.on("exit", () => resolve());
		ending.stdin?.end(line);
		await promise;
	}

	call("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
	await appendFile(join(folder, "data/postgresql.conf"), SETTINGS);
	await rm(join(folder, "data/pg_hba.conf"));
	await appendFile(join(folder, "data/pg_hba.conf"), ACCESS);
	await start();
	return {
		async createDatabase() {
			databases += 1;
			run(`create database test_${databases}`);
			return `postgres://postgres@localhost/test_${databases}?host=${encodeURIComponent(folder)}`;
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

/** Postgres does not run as root: its package brings a user for it. */
function serverUser(): { uid: number; gid: number } | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const number = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
	return { uid: number("-u"), gid: number("-g") };
}
