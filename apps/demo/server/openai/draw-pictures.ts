import type { FastifyBaseLogger } from "fastify";
import type { Job, NewPictures, Problem } from "../../api/index.ts";
import { cancelJob } from "../../store/job-changes.ts";
import { readJob } from "../../store/jobs.ts";
import type { User } from "../../store/user.ts";
import { Refusal } from "../refusal.ts";
import type { Service } from "../service.ts";
import { submitJob } from "../submit-job.ts";

/** A job is looked at so often even when nothing is heard of it: what is told of it may be missed. */
const LOOK_AGAIN_MS = 10_000;

interface Client {
	readonly user: User;
	readonly log: FastifyBaseLogger;
	/** What the log tells beside. */
	readonly told: Record<string, unknown>;
	/** Aborts when nobody waits any more; its reason is thrown. */
	readonly signal: AbortSignal;
}

/**
 * Makes a job of each request and gives them to `answer`, each as it ends. If one is refused or fails, or nobody waits any more, the
 * others are cancelled.
 * @throws Refusal, and what `answer` throws
 */
export async function drawPictures<T>(
	service: Service,
	requests: readonly NewPictures[],
	{ user, log, told, signal }: Client,
	answer: (jobs: readonly Promise<Job>[]) => Promise<T>,
): Promise<T> {
	const ids: string[] = [];
	try {
		for (const asked of requests) {
			signal.throwIfAborted();
			ids.push((await submitJob(service, { user, asked, log, told })).id);
		}
		const jobs = ids.map((id) => drawn(service, user, id, signal));
		// One that fails is heard of by whoever awaits it in turn.
		for (const job of jobs) job.catch(() => {});
		return await answer(jobs);
	} catch (error) {
		for (const id of ids) if (await cancelJob(service.store, user.id, id)) await service.queue.remove(id);
		throw error;
	}
}

async function drawn({ store, events }: Service, user: User, id: string, signal: AbortSignal): Promise<Job> {
	for (;;) {
		const wait = new AbortController();
		const again = setTimeout(() => wait.abort(), LOOK_AGAIN_MS);
		try {
			// Listened for before it is read, so that no end is missed in between.
			const ended = events.whenEnded(id, AbortSignal.any([signal, wait.signal]));
			const job = await readJob(store, user.id, id);
			if (!job || job.status === "cancelled") throw cancelled();
			if (job.status === "failed") throw failed(job.problem!);
			if (job.status === "done") return job;
			await ended;
			signal.throwIfAborted();
		} finally {
			clearTimeout(again);
			wait.abort();
		}
	}
}

/** What OpenAI's clients are told so that they do not send a request again. */
const NOT_AGAIN = { "x-should-retry": "false" };

function cancelled(): Refusal {
	return new Refusal({ status: 409, kind: "cancelled", title: "The job was cancelled", headers: NOT_AGAIN });
}

function failed({ type, ...problem }: Problem): Refusal {
	const kind = type.replace(/^urn:drum:problem:/, "");
	return new Refusal({ ...problem, kind, headers: NOT_AGAIN });
}
