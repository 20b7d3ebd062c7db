import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";

const CACHE = join(import.meta.dirname, "node_modules/.cache");
const ROOT = join(import.meta.dirname, "../..");
/** What every database depends on: these settings, Postgres's version in the lockfile, and the package that opens it. */
const SOURCES = [import.meta.filename, join(ROOT, "pnpm-lock.yaml"), join(ROOT, "packages/database/src")];

/** 128 MB of buffers take half of a start, and nothing needs to outlive a test. */
const SETTINGS = "\nshared_buffers = 8MB\nfsync = off\n";

/**
 * Makes `folder` an embedded database without an application's tables, by copying one that `open` made once, for all tests:
 * that takes a tenth of the time. `open` is `openDatabase`, which packages' tests have at hand.
 */
export async function fillEmpty(
	folder: string,
	open: (folder: string) => Promise<AsyncDisposable & { readonly kysely: Kysely<unknown> }>,
): Promise<void> {
	await fill(folder, "empty", [], async (folder) => {
		{
			await using database = await open(folder);
			// Only new databases are copied from templates, and there are none; they are two thirds of all files.
			await sql`update pg_database set datistemplate = false`.execute(database.kysely);
			for (const name of ["template0", "template1"]) await sql`drop database ${sql.id(name)}`.execute(database.kysely);
		}
		await appendFile(join(folder, "postgres/postgresql.conf"), SETTINGS);
	});
}

/**
 * Makes `folder` an embedded database by copying the one that `make` made once in a folder that it was given.
 * @param name of this kind of database
 * @param sources files and folders that say what is in it: when they change it is made anew
 */
export async function fill(
	folder: string,
	name: string,
	sources: readonly string[],
	make: (folder: string) => Promise<void>,
): Promise<void> {
	const made = join(CACHE, `${name}-${hashOf([...SOURCES, ...sources])}`);
	if (!existsSync(made)) await makeOnce(made, make);
	// Hundreds of small files, which take the other `cp` twice the processor's time.
	cpSync(join(made, "postgres"), join(folder, "postgres"), { recursive: true });
}

/** All at once, so that of several processes each sees it whole or not at all. */
async function makeOnce(made: string, make: (folder: string) => Promise<void>): Promise<void> {
	await mkdir(CACHE, { recursive: true });
	const temporary = await mkdtemp(`${made}-new-`);
	try {
		await make(temporary);
		await rename(temporary, made).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "EEXIST" && error.code !== "ENOTEMPTY" && error.code !== "EPERM") throw error;
		});
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

const hashes = new Map<string, string>();

function hashOf(paths: readonly string[]): string {
	const key = paths.join("\n");
	const known = hashes.get(key);
	if (known !== undefined) return known;
	const hash = createHash("sha256");
	for (const path of paths.flatMap(filesOf)) hash.update(readFileSync(path));
	const text = hash.digest("hex").slice(0, 16);
	hashes.set(key, text);
	return text;
}

function filesOf(path: string): string[] {
	if (!statSync(path).isDirectory()) return [path];
	const names = readdirSync(path).filter((name) => !name.endsWith(".test.ts"));
	return names.sort().flatMap((name) => filesOf(join(path, name)));
}
