import { type Kysely, sql } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import * as z from "zod";
import { Job, type Picture, type Problem } from "../api/index.ts";
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

/** A row as its job. One that this program could not have written is told as what it is, so that it hides no others and can be deleted. */
export function jobOf(row: JobRow): Job {
	const job = {
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
		createdAt: timeOf(row.created_at),
		...(row.started_at && { startedAt: timeOf(row.started_at) }),
		...(row.ended_at && { endedAt: timeOf(row.ended_at) }),
	};
	return Job.safeParse(job).success ? job : damaged(row);
}

/** Postgres has times that JavaScript has not. */
function timeOf(date: Date): string {
	return date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : "none";
}

function damaged({ id, version, status, created_at }: JobRow): Job {
	const time = z.iso.datetime().safeParse(timeOf(created_at));
	return {
		...{ id, version, status, pictures: [], warnings: [] },
		request: { kind: "pictures", model: "", prompt: "(damaged)", alphas: [0] },
		problem: DAMAGED,
		createdAt: time.data ?? new Date(0).toISOString(),
	};
}

/** What is told of a job whose row or request this program could not have written. */
export const DAMAGED: Problem = {
	type: "urn:drum:problem:job-damaged",
	title: "The job is damaged",
	status: 500,
	detail: "What is kept of it does not fit together. Delete it",
};

function pictureOf(row: JobRow["pictures"][number]): Picture {
	return { ...row, seed: Number(row.seed), url: `/api/pictures/${row.id}.png` };
}

/** How many jobs come before one that waits: those that run, and those of lower turns, or of the same and older. */
function before(kysely: Kysely<Tables>) {
	return kysely
		.selectFrom("jobs as earlier")
		.select(({ fn }) => fn.countAll().as("count"))
		.where(
			sql<boolean>`(
				earlier.status = 'running' or earlier.status = 'queued'
				and (earlier.turn, earlier.created_at, earlier.id) < (jobs.turn, jobs.created_at, jobs.id)
			)`,
		);
}
