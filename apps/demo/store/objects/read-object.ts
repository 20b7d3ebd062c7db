import type { Store } from "../open-store.ts";
import { StorageAway } from "./bucket.ts";

/** An object that a row names; `undefined` where it is gone. @throws StorageAway, or the signal's reason */
export async function readObject(
	{ objects }: Store,
	name: string,
	patience?: AbortSignal,
): Promise<Uint8Array | undefined> {
	if (objects) return objects.read(name, patience);
	throw new StorageAway(`GET ${name}: it is in a store outside, and STORAGE_URL names none`);
}
