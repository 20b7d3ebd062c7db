import { randomInt } from "node:crypto";
import { sql } from "kysely";
import type { NamedProfile, NamedProfileChange } from "../api/index.ts";
import type { Store } from "./open-store.ts";

/** Crockford's digits, in small letters. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 10;

export interface NewRow {
	readonly name: string;
	readonly parts: NamedProfile["parts"];
	readonly shared: boolean;
	/** Most of a user. */
	readonly most: number;
}

/** Oldest first. */
export async function listNamedProfiles({ kysely }: Store, userId: string): Promise<NamedProfile[]> {
	const rows = kysely.selectFrom("named_profiles").selectAll().where("user_id", "=", userId);
	return (await rows.orderBy("created_at").orderBy("id").execute()).map(profileOf);
}

/** Keeps one, unless the user has as many already; "no history" where a part's history is not the user's. */
export function createNamedProfile(
	store: Store,
	userId: string,
	{ name, parts, shared, most }: NewRow,
): Promise<NamedProfile | "full" | "no history"> {
	return store.kysely.transaction().execute(async (transaction) => {
		// The user's row is held, so that two requests at once do not both take the last place.
		await transaction.selectFrom("users").select("id").where("id", "=", userId).forUpdate().execute();
		const own = transaction.selectFrom("named_profiles").where("user_id", "=", userId);
		const { count } = await own.select(({ fn }) => fn.countAll().as("count")).executeTakeFirstOrThrow();
		if (Number(count) >= most) return "full";
		const histories = await transaction
			.selectFrom("histories")
			.select("id")
			.where("user_id", "=", userId)
			.where("until", "is", null)
			.where(
				"id",
				"in",
				parts.map(({ historyId }) => historyId),
			)
			.execute();
		if (histories.length < parts.length) return "no history";
		const row = await transaction
			.insertInto("named_profiles")
			.values({ id: newCode(), user_id: userId, name, parts: JSON.stringify(parts), shared })
			.returningAll()
			.executeTakeFirstOrThrow();
		return profileOf(row);
	});
}

/** Undefined where the user has none of that id. */
export async function changeNamedProfile(
	{ kysely }: Store,
	userId: string,
	id: string,
	change: NamedProfileChange,
): Promise<NamedProfile | undefined> {
	const update = kysely.updateTable("named_profiles").set(change).where("id", "=", id).where("user_id", "=", userId);
	const row = await update.returningAll().executeTakeFirst();
	return row && profileOf(row);
}

/** Whether there was one. */
export async function deleteNamedProfile({ kysely }: Store, userId: string, id: string): Promise<boolean> {
	const deletion = kysely.deleteFrom("named_profiles").where("id", "=", id).where("user_id", "=", userId);
	return (await deletion.executeTakeFirst()).numDeletedRows > 0n;
}

/** One that the user may draw by: an own one, or one that is shared; with its owner. */
export async function usableProfile(
	kysely: Store["kysely"],
	userId: string,
	id: string,
): Promise<{ ownerId: string; parts: NamedProfile["parts"] } | undefined> {
	const row = await kysely
		.selectFrom("named_profiles")
		.select(["user_id", "parts"])
		.where("id", "=", id)
		.where(sql<boolean>`(shared or user_id = ${userId})`)
		.executeTakeFirst();
	return row && { ownerId: row.user_id, parts: row.parts };
}

function newCode(): string {
	return Array.from({ length: LENGTH }, () => DIGITS[randomInt(DIGITS.length)]!).join("");
}

interface Row {
	id: string;
	name: string;
	parts: NamedProfile["parts"];
	shared: boolean;
	created_at: Date;
}

function profileOf({ id, name, parts, shared, created_at }: Row): NamedProfile {
	return { id, name, parts, shared, createdAt: created_at.toISOString() };
}
