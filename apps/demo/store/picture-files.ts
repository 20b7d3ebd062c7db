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
export async function readPicture({ kysely }: Store, userId: string, id: string): Promise<Uint8Array | undefined> {
	const row = await kysely
		.selectFrom("pictures")
		.select("png")
		.where("id", "=", id)
		.where("user_id", "=", userId)
		.executeTakeFirst();
	return row?.png;
}

/** A picture's PNG, whoever's it is: for an address that this service has signed. */
export async function readSignedPicture({ kysely }: Store, id: string): Promise<Uint8Array | undefined> {
	return (await kysely.selectFrom("pictures").select("png").where("id", "=", id).executeTakeFirst())?.png;
}
