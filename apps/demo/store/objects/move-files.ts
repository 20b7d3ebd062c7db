import type { Store } from "../open-store.ts";
import { readProfileFile } from "../profile-files.ts";

/** Moves pictures and profiles of the database to where files are now, one after another; called again, it goes on. Gives how many. */
export async function moveFiles(store: Store): Promise<{ pictures: number; profiles: number }> {
	return { pictures: await count(movePicture, store), profiles: await count(moveProfile, store) };
}

async function count(move: (store: Store) => Promise<boolean>, store: Store): Promise<number> {
	for (let moved = 0; ; moved++) if (!(await move(store))) return moved;
}

/** Whether there was one. */
async function movePicture(store: Store): Promise<boolean> {
	const { kysely, objects } = store;
	const within = kysely.selectFrom("pictures").select(["id", "png"]).where("png", "is not", null);
	const picture = await within.limit(1).executeTakeFirst();
	if (!objects || !picture) return false;
	const object = await objects.write("pictures", picture.png!);
	await kysely.transaction().execute(async (transaction) => {
		const update = transaction.updateTable("pictures").set({ png: null, object }).where("id", "=", picture.id);
		const { numUpdatedRows } = await update.executeTakeFirst();
		if (numUpdatedRows === 1n) await objects.claim(transaction, object);
	});
	return true;
}

async function moveProfile(store: Store): Promise<boolean> {
	const { kysely, objects } = store;
	const within = kysely
		.selectFrom("profiles")
		.select(["id", "file"])
		.where("file", "is not", null)
		.where("object", "is", null);
	const profile = await within.limit(1).executeTakeFirst();
	if (!objects || !profile) return false;
	const bytes = await readProfileFile(store, profile.id);
	const object = bytes && (await objects.write("profiles", bytes));
	await kysely.transaction().execute(async (transaction) => {
		// One whose parts are not there has no file.
		const update = transaction.updateTable("profiles").set(object ? { object } : { file: null, bytes: "0" });
		const { numUpdatedRows } = await update
			.where("id", "=", profile.id)
			.where("file", "=", profile.file)
			.executeTakeFirst();
		if (numUpdatedRows === 0n) return;
		await transaction.deleteFrom("profile_parts").where("profile_id", "=", profile.id).execute();
		if (object) await objects.claim(transaction, object);
	});
	return true;
}
