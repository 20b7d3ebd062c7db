import { readObject } from "./objects/read-object.ts";
import type { Store } from "./open-store.ts";

/** What a picture's file is named after. */
export interface PictureName {
	readonly seed: number;
	readonly alpha: number;
}

/** Without its bytes; `undefined` where the user has no such picture. */
export async function findPicture({ kysely }: Store, userId: string, id: string): Promise<PictureName | undefined> {
	const row = await kysely
		.selectFrom("pictures")
		.select(["seed", "alpha"])
		.where("id", "=", id)
		.where("user_id", "=", userId)
		.executeTakeFirst();
	return row && { seed: Number(row.seed), alpha: row.alpha };
}

/** A picture's PNG. */
export async function readPicture(store: Store, userId: string, id: string): Promise<Uint8Array | undefined> {
	const row = await store.kysely
		.selectFrom("pictures")
		.select(["png", "object"])
		.where("id", "=", id)
		.where("user_id", "=", userId)
		.executeTakeFirst();
	return row && fileOf(store, row);
}

/** A picture's PNG, whoever's it is: for an address that this service has signed. */
export async function readSignedPicture(store: Store, id: string): Promise<Uint8Array | undefined> {
	const picture = store.kysely.selectFrom("pictures").select(["png", "object"]).where("id", "=", id);
	const row = await picture.executeTakeFirst();
	return row && fileOf(store, row);
}

function fileOf(store: Store, { png, object }: { png: Uint8Array | null; object: string | null }) {
	if (png) return png;
	return object === null ? undefined : readObject(store, object);
}
