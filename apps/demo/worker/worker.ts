import type { JobQueue, QueuedJob } from "@drum/database";
import { JOBS_CHANNEL } from "../store/channels.ts";
import type { Store } from "../store/open-store.ts";
import { claimJob } from "../store/work.ts";
import type { Log } from "./log.ts";
import type { Models } from "./models.ts";
import { mayPass, problemOf } from "./problems.ts";
import { ClaimLost, Reports } from "./reports.ts";
import { runJob } from "./run-job.ts";

export interface WorkerOptions {
	store: Store;
	queue: JobQueue<{ jobId: string }>;
	models: Models;
	/** Default: the process's standard error. */
	log?: Log | undefined;
}

export interface Worker {
	/** Takes no more jobs, and waits for those begun at most so long (default 30 seconds); then they are given back to the queue. */
	stop(options?: { graceSeconds?: number }): Promise<void>;
}

/** Why a job ends before it is done, when its worker is stopped. */
class Stopped extends Error {
	override name = "Stopped";
}

const CONSOLE: Log = {
	info: () => {},
	warn: (fields, message) => console.warn(message, fields),
	error: (fields, message) => console.error(message, fields),
};

/** Does the queue's jobs until it is stopped. */
export async function startWorker({ store, queue, models, log = CONSOLE }: WorkerOptions): Promise<Worker> {
	const stopping = new AbortController();
	/** What is told of the jobs in hand, by their ids. */
	const inHand = new Map<string, Reports>();
	const atWork = new Set<Promise<void>>();
	const checkAll = () => {
		for (const reports of inHand.values()) reports.check();
	};
	const deafen = await store.listen(JOBS_CHANNEL, (payload) => inHand.get(payload.split(" ")[0]!)?.check(), checkAll);

	async function handle(job: QueuedJob<{ jobId: string }>): Promise<void> {
		const { jobId } = job.data;
		const claim = await claimJob(store, jobId);
		if (!claim) return;
		const reports = new Reports(store, claim, log);
		inHand.set(jobId, reports);
		const signal = AbortSignal.any([stopping.signal, job.signal, reports.signal]);
		try {
			await runJob({ store, models, claim, reports, signal });
			await reports.write({ status: "done", progress: null });
		} catch (error) {
			await end(error, job, reports, signal);
		} finally {
			await reports.quiet();
			inHand.delete(jobId);
		}
	}

	async function end(error: unknown, job: QueuedJob<{ jobId: string }>, reports: Reports, signal: AbortSignal) {
		const { jobId } = job.data;
		if (reports.signal.aborted) return;
		const cleared = { progress: null, preview: null, preview_of: null };
		const giveBack = signal.aborted || (mayPass(error) && !job.lastTry);
		if (!signal.aborted)
			log.error({ err: error, jobId }, giveBack ? "a job failed, and is tried again" : "a job failed");
		try {
			if (giveBack) await reports.write({ ...cleared, status: "queued" });
			else await reports.write({ ...cleared, status: "failed", problem: JSON.stringify(problemOf(error)) });
		} catch (lost) {
			if (!(lost instanceof ClaimLost)) throw lost;
			return;
		}
		if (giveBack) throw error;
	}

	await queue.work((job) => {
		const done = handle(job).finally(() => atWork.delete(done));
		atWork.add(done);
		return done;
	});
	return {
		async stop({ graceSeconds = 30 } = {}) {
			await queue.stop({ graceSeconds });
			stopping.abort(new Stopped("the worker was stopped"));
			await Promise.allSettled(atWork);
			await deafen();
		},
	};
}
