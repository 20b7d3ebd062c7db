import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** Bytes of what a user keeps: prompts of histories, pictures and those that jobs begin from, profiles with what is shown of them. */
export async function bytesOf({ kysely }: { kysely: Kysely<Tables> }, userId: string): Promise<number> {
	const { rows } = await sql<{ bytes: string }>`
		select (
			(select coalesce(sum(bytes), 0) from histories where user_id = ${userId})
			+ (select coalesce(sum(bytes), 0) from pictures where user_id = ${userId})
			+ (select coalesce(sum(bytes), 0) from inputs where user_id = ${userId})
			+ (select coalesce(sum(bytes + pg_column_size(view)), 0) from profiles where user_id = ${userId})
		) as bytes
	`.execute(kysely);
	return Number(rows[0]!.bytes);
}

/** Bytes of prompts. */
export function bytesOfPrompts(items: readonly { prompt: string }[]): number {
	return items.reduce((sum, { prompt }) => sum + Buffer.byteLength(prompt), 0);
}

/** Notes how many bytes a history's prompts have. */
export async function noteBytes(transaction: Kysely<Tables>, historyId: string): Promise<void> {
	await sql`
		update histories
		set bytes = (select coalesce(sum(octet_length(prompt)), 0) from entries where history_id = ${historyId})
		where id = ${historyId}
	`.execute(transaction);
}
