import type { DatabasePlace } from "@drum/database";
import { ArgumentError } from "@drum/tensor";
import { StorageAway } from "../store/objects/bucket.ts";
import { openStore, type Store } from "../store/open-store.ts";
import type { Log } from "../worker/log.ts";
import { type PlaceOptions, placeOf } from "./place.ts";
import { storageOf } from "./storage.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Opens the database, and the store of objects that the environment names beside it, if it does. One that is out of reach is told,
 * and waited for when it is needed.
 * @throws ArgumentError where that store refuses what is asked of it; what `openStore` throws
 */
export async function openPlace(place: DatabasePlace, env: NodeJS.ProcessEnv, log: Pick<Log, "warn">): Promise<Store> {
	const bucket = storageOf(env);
	if (!bucket) return openStore(place);
	const onAway = (error: Error) => log.warn({ err: error }, "the store of objects is away, and tried again");
	const store = await openStore(place, { bucket, onAway });
	try {
		await store.objects!.check();
	} catch (error) {
		if (error instanceof StorageAway && !isRefused(error)) {
			onAway(error);
			return store;
		}
		await store[Symbol.asyncDispose]();
		if (!(error instanceof StorageAway)) throw error;
		throw new ArgumentError({
			what: "STORAGE_URL",
			expected: "a bucket that its key may write to, read from and delete in",
			found: error.message,
			cause: error,
		});
	}
	return store;
}

/** The same for a command that does one thing: what is to be known is said. */
export function openFor(options: PlaceOptions, { env, say }: Pick<Surroundings, "env" | "say">): Promise<Store> {
	return openPlace(placeOf(options, env), env, { warn: (_, message) => say(message) });
}

/** Whether the store has said no, which waiting does not change. */
function isRefused({ status = 500 }: StorageAway): boolean {
	return status < 500 && status !== 408 && status !== 429;
}
