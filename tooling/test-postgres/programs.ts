import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { unpackPrograms } from "./unpack.ts";

/** Debian keeps each version's programs apart, out of the path. */
const DEBIAN = "/usr/lib/postgresql/*/bin";

/**
 * The folder of Postgres's programs: those of the npm package for this system, else what is installed.
 * @throws an Error that says what to install, where there are none
 */
export async function findPrograms(): Promise<string> {
	const unpacked = await unpackPrograms();
	const newestFirst = globSync(DEBIAN).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
	const folders = [unpacked, ...newestFirst, ask("pg_config", "--bindir")];
	const found = folders.find(
		(folder) => folder !== undefined && ask(join(folder, "initdb"), "--version") !== undefined,
	);
	if (found !== undefined) return found;
	throw new Error(
		`no Postgres for the tests of the database: no npm package has one that runs on ${process.platform} ${process.arch}, and ` +
			"none is installed. Install PostgreSQL 15 or later, with pg_config in the path; on Debian: apt-get install postgresql",
	);
}

function ask(program: string, question: string): string | undefined {
	try {
		return execFileSync(program, [question], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		return undefined;
	}
}
