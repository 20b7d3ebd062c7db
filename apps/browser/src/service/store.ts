import type { Entry, Job, NamedProfile, ProfileView } from "@drum/demo/api";
import { type DBSchema, openDB } from "idb";

/** Entries oldest first. */
export interface StoredHistory {
	id: string;
	name: string;
	updatedAt: string;
	entries: Entry[];
}

export interface StoredProfile {
	id: string;
	historyId: string;
	/** All that it depends on: the same request of the same history finds it again. */
	key: string;
	view: Omit<ProfileView, "current">;
	/** Entries of the history that it was made of. */
	entries: readonly Entry[];
	/** Of each of them its text feature: `[entries, width]`. */
	features: Float32Array;
	/** Its file. */
	file: Blob;
	warnings: Job["warnings"];
}

export interface StoredPicture {
	id: string;
	jobId: string;
	/** The PNG file as it is saved, without the earlier prompts that steered it. */
	file: Blob;
	/** The same with them. */
	whole: Blob;
}

/** What the page keeps, by table. */
export interface Rows {
	histories: StoredHistory;
	/** Only those that have ended. */
	jobs: Job;
	profiles: StoredProfile;
	pictures: StoredPicture;
	named: NamedProfile;
}
export type Table = keyof Rows;

/** Keeps rows by their ids. */
export interface Store {
	get<T extends Table>(table: T, id: string): Promise<Rows[T] | undefined>;
	all<T extends Table>(table: T): Promise<Rows[T][]>;
	/** Adds rows, or puts them in the place of those with the same ids; all of them or none. */
	put<T extends Table>(table: T, ...rows: Rows[T][]): Promise<void>;
	delete(table: Table, ...ids: string[]): Promise<void>;
}

interface Schema extends DBSchema {
	histories: { key: string; value: StoredHistory };
	jobs: { key: string; value: Job };
	profiles: { key: string; value: StoredProfile };
	pictures: { key: string; value: StoredPicture };
	named: { key: string; value: NamedProfile };
}

const TABLES = ["histories", "jobs", "profiles", "pictures", "named"] as const satisfies readonly Table[];

/**
 * Opens what this browser keeps for the page.
 * @throws where the browser keeps nothing, as in some private windows.
 */
export async function openStore(name: string): Promise<Store> {
	const database = await openDB<Schema>(name, 2, {
		upgrade(made) {
			// The first version had all but the named profiles.
			for (const table of TABLES)
				if (!made.objectStoreNames.contains(table)) made.createObjectStore(table, { keyPath: "id" });
		},
		// Another tab with a newer page needs the database: this one goes on with what it has open.
		blocking: (_, __, event) => (event.target as IDBDatabase).close(),
	});
	return {
		get: (table, id) => database.get(table, id) as Promise<never>,
		all: (table) => database.getAll(table) as Promise<never>,
		async put(table, ...rows) {
			const transaction = database.transaction(table, "readwrite");
			await Promise.all([...rows.map((row) => transaction.store.put(row as never)), transaction.done]);
		},
		async delete(table, ...ids) {
			const transaction = database.transaction(table, "readwrite");
			await Promise.all([...ids.map((id) => transaction.store.delete(id)), transaction.done]);
		},
	};
}

/** Keeps rows as long as the page is open. */
export function passingStore(): Store {
	const tables = Object.fromEntries(TABLES.map((table) => [table, new Map<string, unknown>()]));
	return {
		get: async (table, id) => structuredClone(tables[table]!.get(id)) as never,
		all: async (table) => structuredClone([...tables[table]!.values()]) as never,
		put: async (table, ...rows) => {
			for (const row of structuredClone(rows)) tables[table]!.set(row.id, row);
		},
		delete: async (table, ...ids) => {
			for (const id of ids) tables[table]!.delete(id);
		},
	};
}
