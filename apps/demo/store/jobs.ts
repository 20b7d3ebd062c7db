import { sql } from "kysely";
import type { Job, JobPage, Preview } from "../api/index.ts";
import { type JobRow, jobOf, selectJobs } from "./job-rows.ts";
import type { Store } from "./open-store.ts";

export async function readJob({ kysely }: Store, userId: string, id: string): Promise<Job | undefined> {
	const row = await selectJobs(kysely).where("jobs.id", "=", id).where("jobs.user_id", "=", userId).executeTakeFirst();
	return row && jobOf(row);
}

/** Where a page of jobs begins: its predecessor's time, as Postgres writes it to the microsecond, and id. */
export interface JobPlace {
	readonly createdAt: string;
	readonly id: string;
}

/** Newest first. */
export async function listJobs(
	{ kysely }: Store,
	userId: string,
	{ limit, before }: { limit: number; before?: JobPlace | undefined },
): Promise<{ jobs: JobPage["jobs"]; next: JobPlace | undefined }> {
	let query = selectJobs(kysely)
		.select(sql<string>`jobs.created_at::text`.as("place"))
		.where("jobs.user_id", "=", userId)
		.orderBy("jobs.created_at", "desc")
		.orderBy("jobs.id", "desc")
		.limit(limit + 1);
	if (before)
		query = query.where(
			sql<boolean>`(jobs.created_at, jobs.id) < (${before.createdAt}::timestamptz, ${before.id}::uuid)`,
		);
	const rows = await query.execute();
	const shown = rows.slice(0, limit);
	const last = shown.at(-1);
	const next = rows.length > limit && last ? { createdAt: last.place, id: last.id } : undefined;
	return { jobs: shown.map(jobOf), next };
}

/** A job with what only its followers need. */
export interface FollowedJob {
	readonly userId: string;
	readonly job: Job;
	readonly preview: Preview | undefined;
}

export async function readFollowed({ kysely }: Store, id: string): Promise<FollowedJob | undefined> {
	const row = await selectFollowed(kysely).where("jobs.id", "=", id).executeTakeFirst();
	return row && followedOf(row);
}

/** A user's jobs that have not ended, oldest first, and those that ended since. */
export async function readUnended(
	{ kysely }: Store,
	userId: string,
	{ endedSince }: { endedSince?: Date | undefined } = {},
): Promise<FollowedJob[]> {
	const rows = await selectFollowed(kysely)
		.where("jobs.user_id", "=", userId)
		.where(({ eb, or }) =>
			or([
				eb("jobs.status", "in", ["queued", "running"]),
				...(endedSince ? [eb("jobs.ended_at", ">=", endedSince)] : []),
			]),
		)
		.orderBy("jobs.created_at")
		.orderBy("jobs.id")
		.execute();
	return rows.map(followedOf);
}

/** Some users' jobs that are queued, oldest first. */
export async function readQueued({ kysely }: Store, userIds: readonly string[]): Promise<FollowedJob[]> {
	const rows = await selectFollowed(kysely)
		.where("jobs.user_id", "in", userIds)
		.where("jobs.status", "=", "queued")
		.orderBy("jobs.created_at")
		.orderBy("jobs.id")
		.execute();
	return rows.map(followedOf);
}

/** Ids of all users' jobs that have not ended, oldest first. */
export async function unendedIds(store: Store): Promise<string[]> {
	return (await unendedTurns(store)).map(({ id }) => id);
}

/** Ids and turns of all users' jobs that have not ended, oldest first. */
export function unendedTurns({ kysely }: Store): Promise<{ id: string; turn: number }[]> {
	const jobs = kysely.selectFrom("jobs").select(["id", "turn"]).where("status", "in", ["queued", "running"]);
	return jobs.orderBy("created_at").orderBy("id").execute();
}

function selectFollowed(kysely: Store["kysely"]) {
	return selectJobs(kysely).select(["jobs.preview", "jobs.preview_of"]);
}

function followedOf(row: JobRow & Awaited<ReturnType<ReturnType<typeof selectFollowed>["executeTakeFirstOrThrow"]>>) {
	const image = row.preview && `data:image/png;base64,${Buffer.from(row.preview).toString("base64")}`;
	const preview = row.status === "running" && image && row.preview_of && { jobId: row.id, ...row.preview_of, image };
	return { userId: row.user_id, job: jobOf(row), preview: preview || undefined };
}
