/**
 * Run as a process of its own: starts the Postgres server in the folder `argv[3]`, says "ready", and ends the server at the
 * line "crash", or when standard input closes, as by any death of the process that started this one; then it removes the
 * folder. `argv[2]` is the folder of Postgres's programs, `argv[4]` and `argv[5]` are the user and group it runs as, if not
 * these ones.
 */
import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [programs, folder, uid, gid] = process.argv.slice(2) as [string, string, string?, string?];
const options: SpawnOptions = {
	...(uid !== undefined && gid !== undefined && { uid: Number(uid), gid: Number(gid) }),
	cwd: folder,
	stdio: "ignore",
};

async function control(...args: string[]): Promise<boolean> {
	const [code] = await once(spawn(join(programs, "pg_ctl"), ["-D", "data", "-w", ...args], options), "close");
	return code === 0;
}

// They reach a whole group of processes: the one that started this decides when it ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

if (!(await control("-l", "log", "start"))) {
	console.log(await readFile(join(folder, "log"), "utf8").catch(String));
	process.exit(1);
}
console.log("ready");
let last = "";
for await (const line of createInterface({ input: process.stdin })) last = line;
await control("-m", "immediate", "stop");
if (last !== "crash") await rm(folder, { recursive: true, force: true, maxRetries: 5 });
