import { sql } from "kysely";
import type { JobStatus } from "../api/index.ts";
import type { Store } from "./open-store.ts";

/** How many of the last jobs a mean is taken over. */
const RECENT = 20;

/** Mean seconds that the last jobs took from start to end; `undefined` before the first has ended. */
export async function meanJobSeconds({ kysely }: Store): Promise<number | undefined> {
	const recent = kysely
		.selectFrom("jobs")
		.select(sql<number>`extract(epoch from ended_at - started_at)::float8`.as("seconds"))
		.where("status", "=", "done")
		.where("ended_at", "is not", null)
		.where("started_at", "is not", null)
		.orderBy("ended_at", "desc")
		.limit(RECENT)
		.as("recent");
	const { mean } = await kysely
		.selectFrom(recent)
		.select(({ fn }) => fn.avg<number | null>("seconds").as("mean"))
		.executeTakeFirstOrThrow();
	return mean ?? undefined;
}

/** How many jobs there are of each status that any has. */
export async function countJobs({ kysely }: Store): Promise<{ status: JobStatus; count: number }[]> {
	const query = kysely.selectFrom("jobs").select(["status", ({ fn }) => fn.countAll().as("count")]);
	return (await query.groupBy("status").execute()).map(({ status, count }) => ({ status, count: Number(count) }));
}
