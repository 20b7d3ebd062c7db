import type { ProfileView } from "../api/index.ts";
import { readEntries } from "./entries.ts";
import type { Store } from "./open-store.ts";

/** A user's profile as it is shown. */
export async function readProfileView(store: Store, userId: string, id: string): Promise<ProfileView | undefined> {
	const row = await store.kysely
		.selectFrom("profiles")
		.select(["id", "history_id", "model", "view", "created_at"])
		.where("id", "=", id)
		.where("user_id", "=", userId)
		.executeTakeFirst();
	if (!row) return undefined;
	const entries = await readEntries(store, row.history_id);
	// Compared one by one: a time of change says nothing of a history that was changed and changed back.
	const current =
		entries.length === row.view.map.length &&
		entries.every(({ id, prompt, intensity }, i) => {
			const point = row.view.map[i]!;
			return point.entryId === id && point.prompt === prompt && point.intensity === intensity;
		});
	return {
		id: row.id,
		historyId: row.history_id,
		model: row.model,
		current,
		...row.view,
		createdAt: row.created_at.toISOString(),
	};
}

/** Whether the user has the profile. */
export async function hasProfile({ kysely }: Store, userId: string, id: string): Promise<boolean> {
	const row = kysely.selectFrom("profiles").select("id").where("id", "=", id).where("user_id", "=", userId);
	return (await row.executeTakeFirst()) !== undefined;
}
