import type { Kysely } from "kysely";
import type { Warning } from "../api/index.ts";
import type { Tables } from "./tables.ts";

/** Of one job. A model whose files do not fit together could have any number. */
const MOST_WARNINGS = 50;

/** Adds to a job's warnings those that it does not have yet, within the transaction that changes the job. */
export async function addWarnings(
	transaction: Kysely<Tables>,
	jobId: string,
	warnings: readonly Warning[],
): Promise<void> {
	if (warnings.length === 0) return;
	const found = transaction.selectFrom("jobs").select("warnings").where("id", "=", jobId);
	const job = await found.executeTakeFirstOrThrow();
	const all = new Map<string, Warning>();
	for (const { code, what, message } of [...job.warnings, ...warnings]) {
		const key = JSON.stringify([code, what, message]);
		if (all.size < MOST_WARNINGS && !all.has(key)) all.set(key, { code, what, message });
	}
	await transaction
		.updateTable("jobs")
		.set({ warnings: JSON.stringify([...all.values()]) })
		.where("id", "=", jobId)
		.execute();
}

/** What was found when a profile was made; nothing where it is gone. */
export async function warningsOfProfile(transaction: Kysely<Tables>, profileId: string): Promise<Warning[]> {
	const found = transaction.selectFrom("profiles").select("warnings").where("id", "=", profileId);
	return (await found.executeTakeFirst())?.warnings ?? [];
}
