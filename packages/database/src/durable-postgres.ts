import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileError } from "@drum/tensor";
import { PGlite } from "@electric-sql/pglite";
import { type CompiledPostgres, compiledPostgres } from "./compiled-postgres.ts";
import { DURABLE_START, DurableFiles, fsyncFile, fsyncFolder } from "./durable-files.ts";
import { makePrivate, makePrivateFolder } from "./private-files.ts";

/** Its number among Postgres's types. */
const BYTEA = 17;

interface State {
	/** Postgres ended by itself. */
	ended: boolean;
	/** What it last complained of. */
	gravest: string | undefined;
}

/** PGlite whose commits are on the disk, and which says so when it had to give up. */
export class DurablePostgres extends PGlite {
	readonly #folder: string;
	readonly #state: State;

	private constructor(folder: string, state: State, compiled: CompiledPostgres) {
		super({
			...compiled,
			fs: new DurableFiles(folder, () => {
				state.ended = true;
			}),
			// PGlite's own make a string of each byte: 16 MB took seconds, and 128 MB all of the process's memory.
			serializers: { [BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString("hex")}` },
			parsers: { [BYTEA]: (hex: string) => Buffer.from(hex.slice(2), "hex") },
			startParams: DURABLE_START,
			onStderr: (line) => {
				state.gravest = /(?:PANIC|FATAL): +(.*)/.exec(line)?.[1] ?? state.gravest;
				return false;
			},
		});
		this.#folder = folder;
		this.#state = state;
	}

	/**
	 * Opens the database in `folder`, or makes it: elsewhere first, so that `folder` is there when it is whole.
	 * Nobody else may have it open.
	 * @throws FileError
	 */
	static async open(folder: string): Promise<DurablePostgres> {
		if (!existsSync(folder)) await DurablePostgres.#make(folder);
		// Also of a folder that an earlier version made.
		else closeToOthers(folder);
		return await DurablePostgres.#start(folder);
	}

	static async #start(folder: string): Promise<DurablePostgres> {
		const state: State = { ended: false, gravest: undefined };
		try {
			const postgres = new DurablePostgres(folder, state, await compiledPostgres());
			await postgres.waitReady;
			return postgres;
		} catch (cause) {
			throw new FileError({
				what: folder,
				expected: "the files of an embedded Postgres",
				found: state.gravest ?? (cause instanceof Error ? cause.message : String(cause)),
				next: "See that the folder is yours and the disk is not full, or restore a dump into another folder",
				cause,
			});
		}
	}

	static async #make(folder: string): Promise<void> {
		const temporary = `${folder}.new`;
		await rm(temporary, { recursive: true, force: true });
		await makePrivateFolder(temporary);
		const postgres = await DurablePostgres.#start(temporary);
		await postgres.close();
		closeToOthers(temporary);
		await fsyncAll(temporary);
		await rename(temporary, folder);
		fsyncFolder(dirname(folder));
	}

	/** All that PGlite does goes through here. After a panic it would run for ever. */
	override execProtocolRawSync(message: Uint8Array): Uint8Array {
		this.#throwIfEnded();
		const answer = super.execProtocolRawSync(message);
		this.#throwIfEnded();
		return answer;
	}

	#throwIfEnded(): void {
		if (!this.#state.ended) return;
		throw new FileError({
			what: this.#folder,
			expected: "a disk that takes what is written",
			found: this.#state.gravest ?? "Postgres ended",
			next: "Mend that, and start this process again: what was committed is kept",
		});
	}
}

/** @throws FileError where the files are another user's */
function closeToOthers(folder: string): void {
	try {
		makePrivate(folder);
	} catch (cause) {
		throw new FileError({
			what: folder,
			expected: "a folder whose files are this user's own",
			found: (cause as Error).message,
			next: "Give it to this user with all that is in it",
			cause,
		});
	}
}

async function fsyncAll(folder: string): Promise<void> {
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		if (entry.isDirectory()) fsyncFolder(path);
		else fsyncFile(path);
	}
	fsyncFolder(folder);
}
