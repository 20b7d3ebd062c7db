import type { Kysely } from "kysely";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";

/** A file that a job begins from. */
export interface Input {
	readonly name: "image" | "mask";
	readonly file: Uint8Array;
}

/** Keeps files for a new job, until it ends. */
export async function insertInputs(
	transaction: Kysely<Tables>,
	userId: string,
	jobId: string,
	inputs: readonly Input[],
): Promise<void> {
	if (inputs.length === 0) return;
	const rows = inputs.map(({ name, file }) => ({ job_id: jobId, user_id: userId, name, file, bytes: file.length }));
	await transaction.insertInto("inputs").values(rows).execute();
}

/** Those of a job that has not ended, by their names. */
export async function readInputs(
	{ kysely }: Store,
	jobId: string,
): Promise<Partial<Record<Input["name"], Uint8Array>>> {
	const rows = await kysely.selectFrom("inputs").select(["name", "file"]).where("job_id", "=", jobId).execute();
	return Object.fromEntries(rows.map(({ name, file }) => [name, file]));
}
