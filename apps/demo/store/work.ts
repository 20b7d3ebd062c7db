import { type Kysely, sql } from "kysely";
import type { JobRequest } from "../api/index.ts";
import { JOBS_CHANNEL } from "./channels.ts";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";

/** A job as one worker has begun it. The claim holds until the job ends, is gone, or is begun again by another. */
export interface Claim {
	readonly jobId: string;
	readonly userId: string;
	readonly request: JobRequest;
	/** None where the request has none, or it was deleted. */
	readonly historyId: string | null;
	/** Whether the history came with a request: nothing that tells of it is kept. */
	readonly passing: boolean;
	/** Tells this claim from others: when it was made, to the microsecond. */
	readonly startedAt: string;
}

/** What a worker writes into a job's row. */
export type Change = Partial<{
	status: "done" | "failed" | "queued";
	progress: string | null;
	problem: string | null;
	profile_id: string;
	preview: Uint8Array | null;
	preview_of: string | null;
}>;

/** Begins a job, or begins it again where its worker died. Undefined when it has ended or is gone. */
export function claimJob(store: Store, jobId: string): Promise<Claim | undefined> {
	return store.kysely.transaction().execute(async (transaction) => {
		const row = await transaction
			.updateTable("jobs")
			.set(({ eb }) => ({
				status: "running",
				started_at: sql<Date>`clock_timestamp()`,
				version: eb("version", "+", 1),
				progress: null,
				preview: null,
				preview_of: null,
			}))
			.where("id", "=", jobId)
			.where("status", "in", ["queued", "running"])
			.returning([
				"user_id as userId",
				"request",
				"history_id as historyId",
				sql<boolean>`exists (select from histories where id = jobs.history_id and until is not null)`.as("passing"),
				sql<string>`started_at::text`.as("startedAt"),
			])
			.executeTakeFirst();
		if (!row) return undefined;
		await store.notify(JOBS_CHANNEL, jobId, transaction);
		return { jobId, ...row };
	});
}

/**
 * Changes a job's row, and with `beside` what belongs to it, in one transaction, and tells. False where the claim does not hold any
 * more: then nothing is written.
 */
export function writeClaimed(
	store: Store,
	{ jobId, startedAt }: Claim,
	change: Change,
	{ beside, lossy = false }: WriteOptions = {},
): Promise<boolean> {
	return store.kysely.transaction().execute(async (transaction) => {
		const { profile_id: profileId, ...others } = change;
		// Before the job's row, as whatever deletes profiles holds them.
		const profile = profileId === undefined ? undefined : await holdProfile(transaction, profileId);
		if (lossy) await sql`set local synchronous_commit to off`.execute(transaction);
		const { numUpdatedRows } = await transaction
			.updateTable("jobs")
			.set(({ eb }) => ({
				...others,
				...(profile && { profile_id: profile.id }),
				version: eb("version", "+", 1),
				...(change.status === "queued" && { started_at: null }),
				...((change.status === "done" || change.status === "failed") && { ended_at: sql<Date>`now()` }),
			}))
			.where("id", "=", jobId)
			.where("status", "=", "running")
			.where("started_at", "=", sql<Date>`${startedAt}::timestamptz`)
			.executeTakeFirst();
		if (numUpdatedRows === 0n) return false;
		await beside?.(transaction);
		await store.notify(JOBS_CHANNEL, jobId, transaction);
		return true;
	});
}

/** A profile that stays until the transaction ends; undefined where it went with a prompt that was removed. */
function holdProfile(transaction: Kysely<Tables>, id: string): Promise<{ id: string } | undefined> {
	return transaction.selectFrom("profiles").select("id").where("id", "=", id).forKeyShare().executeTakeFirst();
}

export interface WriteOptions {
	beside?: ((transaction: Kysely<Tables>) => Promise<void>) | undefined;
	/** Does not wait for the disk: what is written may be lost when the machine fails. */
	lossy?: boolean | undefined;
}

/** Whether the claim still holds. */
export async function holds(store: Store, { jobId, startedAt }: Claim): Promise<boolean> {
	const row = await store.kysely
		.selectFrom("jobs")
		.select("id")
		.where("id", "=", jobId)
		.where("status", "=", "running")
		.where("started_at", "=", sql<Date>`${startedAt}::timestamptz`)
		.executeTakeFirst();
	return row !== undefined;
}
