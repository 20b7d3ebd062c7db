import type { FailedJob, JobQueue, QueuedJob } from "@drum/database";
import { endRuntime, setRuntimeApart } from "@drum/graph";
import { JOBS_CHANNEL, type JobMessage } from "../store/channels.ts";
import type { Store } from "../store/open-store.ts";
import { claimJob } from "../store/work.ts";
import type { Log } from "./log.ts";
import type { Models } from "./models.ts";
import { GIVEN_UP, mayPass, problemOf } from "./problems.ts";
import { ProfileMemory } from "./profile-memory.ts";
import { ClaimLost, Reports } from "./reports.ts";
import { runJob } from "./run-job.ts";

export interface WorkerOptions {
	store: Store;
	queue: JobQueue<JobMessage>;
	models: Pick<Models, "get" | "use">;
	/** Default: the process's standard error. */
	log?: Log | undefined;
	/** What a job may take once its model is there. Default 60. */
	jobMinutes?: number | undefined;
	/** Ends what a model is at. Default: the process in which ONNX Runtime runs. */
	endRun?: (() => void) | undefined;
}

export interface Worker {
	/** Takes no more jobs, and waits for those begun at most so long (default 30 seconds); then they are given back to the queue. */
	stop(options?: { graceSeconds?: number }): Promise<void>;
}

const CONSOLE: Log = {
	warn: (fields, message) => console.warn(message, fields),
	error: (fields, message) => console.error(message, fields),
};

/**
 * Does the queue's jobs until it is stopped, which stops the queue for this process too. A job that fails for a reason that is its
 * own ends so; one that fails unexpectedly is left to the queue, which tries it again or gives it up: then it has failed too.
 */
export async function startWorker({
	store,
	queue,
	models,
	log = CONSOLE,
	jobMinutes = 60,
	endRun = endRuntime,
}: WorkerOptions): Promise<Worker> {
	// So that a job ends when it is cancelled, and what it may cost in memory is not this process's.
	setRuntimeApart();
	const memory = new ProfileMemory();
	/** What is told of the jobs in hand, by their ids. */
	const inHand = new Map<string, Reports>();
	const atWork = new Set<Promise<void>>();
	const check = (jobId: string) => inHand.get(jobId)?.check();
	const deafen = await store.listen(
		JOBS_CHANNEL,
		(payload) => check(payload.split(" ")[0]!),
		() => [...inHand.keys()].forEach(check),
	);

	async function handle({ data: { jobId }, signal: taken }: QueuedJob<JobMessage>): Promise<void> {
		const claim = await claimJob(store, jobId);
		if (!claim) return;
		const reports = new Reports(store, claim, log);
		inHand.set(jobId, reports);
		const signal = AbortSignal.any([taken, reports.signal]);
		try {
			await runJob({ store, models, memory, claim, reports, signal, minutes: jobMinutes, endRun });
			await reports.write({ status: "done", progress: null });
		} catch (error) {
			if (!reports.signal.aborted) await endOtherwise(error, jobId, reports, taken);
		} finally {
			await reports.quiet();
			inHand.delete(jobId);
		}
	}

	/** Ends a job that was not done: back to the queue, if that is of use. */
	async function endOtherwise(error: unknown, jobId: string, reports: Reports, taken: AbortSignal): Promise<void> {
		const again = taken.aborted || mayPass(error);
		if (!taken.aborted) log.error({ err: error, jobId }, again ? "a job failed, and is tried again" : "a job failed");
		const ended = again
			? ({ status: "queued" } as const)
			: ({ status: "failed", problem: JSON.stringify(problemOf(error)) } as const);
		try {
			await reports.write({ ...ended, progress: null, preview: null, preview_of: null });
		} catch (lost) {
			if (lost instanceof ClaimLost) return;
			throw lost;
		}
		if (again) throw error;
	}

	/** What the queue has given up, because it failed unexpectedly each time or its workers died, has failed for its user too. */
	async function giveUp({ data: { jobId }, reason }: FailedJob<JobMessage>): Promise<void> {
		const claim = await claimJob(store, jobId);
		if (!claim) return;
		log.error({ jobId, reason }, "a job failed each time, and is given up");
		const reports = new Reports(store, claim, log);
		await reports.write({ status: "failed", problem: JSON.stringify(GIVEN_UP) });
		await reports.quiet();
	}

	await queue.workFailed(giveUp);
	await queue.work((job) => {
		const done = handle(job).finally(() => atWork.delete(done));
		atWork.add(done);
		return done;
	});
	return {
		async stop({ graceSeconds = 30 } = {}) {
			await queue.stop({ graceSeconds });
			await Promise.allSettled(atWork);
			await deafen();
		},
	};
}
