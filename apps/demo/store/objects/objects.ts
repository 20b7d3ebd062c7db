import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Database } from "@drum/database";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../tables.ts";
import { Bucket, type BucketPlace, StorageAway } from "./bucket.ts";

export interface ObjectsOptions {
	bucket: BucketPlace;
	/** Told each time when the store fails where it is tried again. */
	onAway?: ((error: StorageAway) => void) | undefined;
}

/** Pauses before the store is tried again: doubled from the first up to the last. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;
/** Objects that are removed at once. */
const AT_ONCE = 8;

/**
 * Pictures and profiles in a store of objects, while the rows that name them are in the database. An object is announced in the
 * table `objects_to_remove` before it is written, and taken out of it in the transaction that names it; whatever lets go of a name
 * puts it there again. So nothing is left behind, whoever dies when, and no row names what is not there.
 */
export class Objects {
	readonly #database: Database<Tables>;
	readonly #bucket: Bucket;
	readonly #onAway: (error: StorageAway) => void;

	constructor(database: Database<Tables>, { bucket, onAway = () => {} }: ObjectsOptions) {
		this.#database = database;
		this.#bucket = new Bucket(bucket);
		this.#onAway = onAway;
	}

	/**
	 * Writes an object under a new name, and gives the name, which `claim` must take within an hour.
	 * @param patience while the store is away it is tried again until this aborts; without, it is tried once
	 * @throws StorageAway, or the signal's reason
	 */
	write(folder: "pictures" | "profiles", bytes: Uint8Array, patience?: AbortSignal): Promise<string> {
		return this.#patiently(patience, async () => {
			// A new one for each try: what an earlier one may have written is removed.
			const name = `${folder}/${randomUUID()}`;
			await this.#database.kysely
				.insertInto("objects_to_remove")
				.values({ name, due: sql<Date>`now() + interval '1 hour'` })
				.execute();
			await this.#bucket.put(name, bytes, patience);
			return name;
		});
	}

	/** Within the transaction in which a row names the object: from then on it stays. */
	async claim(transaction: Kysely<Tables>, name: string): Promise<void> {
		const announced = transaction.deleteFrom("objects_to_remove").where("name", "=", name).where("begun", "=", false);
		if ((await announced.executeTakeFirst()).numDeletedRows === 1n) return;
		throw new Error(`the object ${name} was not named in time, and is removed`);
	}

	/** `undefined` where there is none. @throws StorageAway, or the signal's reason */
	read(name: string, patience?: AbortSignal): Promise<Uint8Array | undefined> {
		return this.#patiently(patience, () => this.#bucket.get(name, patience));
	}

	/**
	 * Removes what is named no more, and gives how many objects those were. Any number of processes may do so at once.
	 * @throws StorageAway: the next call goes on
	 */
	async sweep(): Promise<number> {
		for (let removed = 0; ; ) {
			// What is begun stays there until it is done, and is tried again by the next who finds it due.
			const { rows } = await sql<{ name: string }>`
				update objects_to_remove set begun = true, due = now() + interval '1 minute'
				where name in (
					select name from objects_to_remove where due <= now() order by due limit ${AT_ONCE} for update skip locked
				)
				returning name
			`.execute(this.#database.kysely);
			if (rows.length === 0) return removed;
			const names = rows.map(({ name }) => name);
			const outcomes = await Promise.allSettled(names.map((name) => this.#bucket.remove(name)));
			const done = names.filter((_, i) => outcomes[i]!.status === "fulfilled");
			const failed = outcomes.find((outcome) => outcome.status === "rejected");
			const { kysely } = this.#database;
			if (done.length > 0) await kysely.deleteFrom("objects_to_remove").where("name", "in", done).execute();
			if (failed) {
				const left = names.filter((name) => !done.includes(name));
				await kysely
					.updateTable("objects_to_remove")
					.set({ due: sql<Date>`now()` })
					.where("name", "in", left)
					.execute();
				throw failed.reason;
			}
			removed += rows.length;
		}
	}

	/** Writes, reads and removes an object. @throws StorageAway */
	async check(): Promise<void> {
		const name = await this.write("pictures", Uint8Array.of(1));
		await this.#bucket.get(name);
		await this.#bucket.remove(name);
		await this.#database.kysely.deleteFrom("objects_to_remove").where("name", "=", name).execute();
	}

	async #patiently<T>(patience: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
		for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
			try {
				return await task();
			} catch (error) {
				patience?.throwIfAborted();
				if (!(patience && error instanceof StorageAway)) throw error;
				this.#onAway(error);
			}
			await setTimeout(pause, undefined, { signal: patience }).catch(() => {});
			patience.throwIfAborted();
		}
	}
}
