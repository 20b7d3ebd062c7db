import { createHash } from "node:crypto";
import type { JobQueue } from "@drum/database";
import { type Kysely, sql } from "kysely";
import type { JobOrder, JobRequest } from "../api/index.ts";
import { JOBS_CHANNEL, type JobMessage } from "./channels.ts";
import { type Input, insertInputs } from "./inputs.ts";
import { usableProfile } from "./named-profiles.ts";
import type { Store } from "./open-store.ts";
import { bytesOf } from "./room.ts";
import type { Tables } from "./tables.ts";

export interface NewJobRow {
	/** Checked, with its seed. */
	request: JobRequest;
	/** What the client asked for, before anything was filled in by chance. */
	asked: JobOrder;
	/** What it begins from. */
	inputs?: readonly Input[] | undefined;
	/** The client's: a second request with it is the first's. */
	idempotencyKey?: string | undefined;
	/** Most jobs that have not ended, of a user and of all. */
	most: { ofUser: number; ofAll: number };
	/** Most bytes of what the user keeps. */
	mostBytes: number;
}

/** A new job, the one that was made by the same key before, or why there is none. */
export type CreatedJob =
	| { id: string; outcome: "created" | "repeated" }
	| {
			id?: never;
			outcome:
				| "key of another request"
				| "no history"
				| "no profile"
				| "nothing to sample"
				| "user full"
				| "full"
				| "no room";
	  };

const UNENDED = ["queued", "running"] as const;

/** Held while a job is made, so that limits and keys hold however many are made at once, on however many machines. */
const CREATION = sql`select pg_advisory_xact_lock(hashtext('drum: create a job'))`;

/** Makes a job and puts it in the queue, both or neither. */
export function createJob(
	store: Store,
	queue: JobQueue<JobMessage>,
	userId: string,
	{ request, asked, inputs = [], idempotencyKey, most, mostBytes }: NewJobRow,
): Promise<CreatedJob> {
	const requestHash = createHash("sha256").update(JSON.stringify(asked)).digest("hex");
	return store.kysely.transaction().execute(async (transaction): Promise<CreatedJob> => {
		await CREATION.execute(transaction);
		if (idempotencyKey !== undefined) {
			const known = await transaction
				.selectFrom("jobs")
				.select(["id", "request_hash"])
				.where("user_id", "=", userId)
				.where("idempotency_key", "=", idempotencyKey)
				.executeTakeFirst();
			if (known?.request_hash === requestHash) return { id: known.id, outcome: "repeated" };
			if (known) return { outcome: "key of another request" };
		}
		const refused =
			(await refusedHistory(transaction, userId, request)) ?? (await refusedRoom(transaction, userId, most));
		if (refused) return { outcome: refused };
		const more = inputs.reduce((sum, { file }) => sum + file.length, 0);
		const kept = await bytesOf({ kysely: transaction }, userId);
		if (kept >= mostBytes || kept + more > mostBytes) return { outcome: "no room" };
		const turn = await nextTurn(transaction, userId);
		const { id } = await transaction
			.insertInto("jobs")
			.values({
				...{ user_id: userId, turn },
				request: JSON.stringify(request),
				history_id: request.historyId ?? null,
				idempotency_key: idempotencyKey ?? null,
				request_hash: requestHash,
			})
			.returning("id")
			.executeTakeFirstOrThrow();
		await insertInputs(transaction, userId, id, inputs);
		await queue.send({ jobId: id }, { id, transaction, priority: -turn });
		await store.notify(JOBS_CHANNEL, id, transaction);
		return { id, outcome: "created" };
	});
}

/**
 * A user's jobs take a turn each, from that of the jobs which come next: so one who has many lets others between them, and none waits for
 * those who come later with many.
 */
async function nextTurn(transaction: Kysely<Tables>, userId: string): Promise<number> {
	const { present, own } = await transaction
		.selectFrom("jobs")
		.select(({ fn }) => [
			fn.min<number | null>("turn").as("present"),
			fn.max<number | null>("turn").filterWhere("user_id", "=", userId).as("own"),
		])
		.where("status", "in", UNENDED)
		.executeTakeFirstOrThrow();
	return Math.max(present ?? 0, own === null ? 0 : own + 1);
}

async function refusedHistory(transaction: Kysely<Tables>, userId: string, request: JobRequest) {
	const { historyId } = request;
	const named = request.kind === "pictures" ? request.profile : undefined;
	if (named !== undefined) return (await usableProfile(transaction, userId, named)) ? undefined : "no profile";
	if (historyId === undefined) return undefined;
	const history = await transaction
		.selectFrom("histories")
		.leftJoin("entries", "entries.history_id", "histories.id")
		.select(sql<boolean | null>`bool_or(entries.intensity <> 0)`.as("weighs"))
		.where("histories.id", "=", historyId)
		.where("histories.user_id", "=", userId)
		.groupBy("histories.id")
		.executeTakeFirst();
	if (!history) return "no history";
	return history.weighs ? undefined : "nothing to sample";
}

async function refusedRoom(transaction: Kysely<Tables>, userId: string, most: NewJobRow["most"]) {
	const { all, own } = await transaction
		.selectFrom("jobs")
		.select(({ fn }) => [fn.countAll().as("all"), fn.countAll().filterWhere("user_id", "=", userId).as("own")])
		.where("status", "in", UNENDED)
		.executeTakeFirstOrThrow();
	if (Number(own) >= most.ofUser) return "user full";
	return Number(all) >= most.ofAll ? "full" : undefined;
}
