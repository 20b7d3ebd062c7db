import { type Kysely, sql } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { Job, Picture } from "../api/index.ts";
import type { Tables } from "./tables.ts";

/** Jobs as their rows and their pictures' rows, for `jobOf`. */
export function selectJobs(kysely: Kysely<Tables>) {
	return kysely
		.selectFrom("jobs")
		.select([
			"jobs.id",
			"jobs.user_id",
			"jobs.version",
			"jobs.status",
			"jobs.request",
			"jobs.progress",
			"jobs.problem",
			"jobs.warnings",
			"jobs.profile_id",
			"jobs.created_at",
			"jobs.started_at",
			"jobs.ended_at",
		])
		.select(sql<string | null>`case when jobs.status = 'queued' then ${before(kysely)} end`.as("ahead"))
		.select(({ selectFrom }) =>
			jsonArrayFrom(
				selectFrom("pictures")
					.select(["id", "place", "alpha", "seed", "width", "height"])
					.whereRef("pictures.job_id", "=", "jobs.id")
					.orderBy("place"),
			).as("pictures"),
		);
}

export type JobRow = Awaited<ReturnType<ReturnType<typeof selectJobs>["executeTakeFirstOrThrow"]>>;

export function jobOf(row: JobRow): Job {
	return {
		id: row.id,
		version: row.version,
		status: row.status,
		request: row.request,
		...(row.ahead !== null && { ahead: Number(row.ahead) }),
		...(row.progress && { progress: row.progress }),
		...(row.profile_id && { profileId: row.profile_id }),
		pictures: row.pictures.map(pictureOf),
		warnings: row.warnings,
		...(row.problem && { problem: row.problem }),
		createdAt: row.created_at.toISOString(),
		...(row.started_at && { startedAt: row.started_at.toISOString() }),
		...(row.ended_at && { endedAt: row.ended_at.toISOString() }),
	};
}

function pictureOf(row: JobRow["pictures"][number]): Picture {
	return { ...row, seed: Number(row.seed), url: `/api/pictures/${row.id}.png` };
}

/** How many unended jobs were made before a job. */
function before(kysely: Kysely<Tables>) {
	return kysely
		.selectFrom("jobs as earlier")
		.select(({ fn }) => fn.countAll().as("count"))
		.where("earlier.status", "in", ["queued", "running"])
		.where(sql<boolean>`(earlier.created_at, earlier.id) < (jobs.created_at, jobs.id)`);
}
