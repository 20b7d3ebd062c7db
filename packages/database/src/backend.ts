import { ArgumentError } from "@drum/tensor";
import type { Dialect } from "kysely";
import type { ConstructorOptions } from "pg-boss";

/** One kind of Postgres: what differs between the embedded one and a server, and nothing else. */
export interface Backend extends AsyncDisposable {
	/** The embedded one is this process's alone. */
	readonly kind: "embedded" | "server";
	readonly dialect: Dialect;
	/** How pg-boss reaches the same database. */
	readonly queue: ConstructorOptions;
	/** Hears `NOTIFY channel`; ends with the function returned. `onGap` says that some may have been missed. */
	listen(channel: string, onPayload: (payload: string) => void, onGap: () => void): Promise<() => Promise<void>>;
}

/** Not a part of the database's public type, which would bring pg-boss's types along. */
const backends = new WeakMap<object, Backend>();

export function setBackend(database: object, backend: Backend): void {
	backends.set(database, backend);
}

/** What an open database was made from. */
export function backendOf(database: object): Backend {
	const backend = backends.get(database);
	if (backend) return backend;
	throw new ArgumentError({ what: "database", expected: "one from openDatabase", found: "something else" });
}
