import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { JobQueue, type QueuedJob } from "@drum/database";
import { encodePng } from "@drum/diffusion";
import { machineName } from "./machine.ts";
import type { PlannedMethod } from "./plan.ts";
import type { RunStore } from "./run-store.ts";
import type { RunTables } from "./run-tables.ts";
import type { StudyOptions } from "./study-options.ts";
import { UserStudy } from "./user-study.ts";

export interface TakeUnitsOptions extends StudyOptions {
	readonly store: RunStore;
	/** Which of the settings' models. */
	readonly model: number;
	readonly plan: readonly PlannedMethod[];
	/** Stops after the unit in progress; `takeUnits` then throws the signal's reason. */
	readonly signal?: AbortSignal | undefined;
	/** Called as a unit is kept that this process measured. */
	readonly onUnit?: ((unit: { user: number; method: string }) => void) | undefined;
}

/** What the queue carries: a user, whose units are measured and kept one by one, those alone that are lacking. */
interface UserJob {
	readonly user: number;
}

/** How often it is looked whether all is done, which other processes may have brought about. */
const LOOK_MS = 500;

/**
 * Measures what a model lacks, together with any other processes that do. Users come from the database's queue, one at a time; one whose
 * process died comes again. Returns when nothing is lacking.
 * @throws the first error of a method, the signal's reason; what was measured stays, and the next call goes on.
 */
export async function takeUnits(options: TakeUnitsOptions): Promise<void> {
	const { store, model, plan, signal } = options;
	const total = (await store.userCount()) * plan.length;
	await using queue = await JobQueue.open<UserJob, RunTables>(store.database, `evaluation-${model}`);
	const failed = Promise.withResolvers<never>();
	failed.promise.catch(() => {});
	let inHand: Promise<boolean> = Promise.resolve(true);
	let parked = false;
	const handle = async (job: QueuedJob<UserJob>) => {
		try {
			inHand = measureUser(options, job);
			if (await inHand) return;
		} catch (error) {
			if (job.signal.aborted) throw error;
			failed.reject(error);
		}
		// Until the queue is stopped, which gives the job back as if it had not been begun.
		parked = true;
		if (!job.signal.aborted) await once(job.signal, "abort");
		throw job.signal.reason;
	};
	try {
		await queue.work(handle);
		while ((await store.unitCount(model)) < total) {
			signal?.throwIfAborted();
			// Jobs can run out before units do: one whose processes died too often is not given out again.
			const { queued, active } = await queue.counts();
			if (queued + active === 0) await queueUsers(queue, store, model, plan.length);
			await Promise.race([failed.promise, setTimeout(LOOK_MS, undefined, { signal }).catch(() => {})]);
		}
	} finally {
		await inHand.catch(() => {});
		await queue.stop({ graceSeconds: parked ? 0 : 5 });
	}
}

/** @returns whether nothing is lacking of the user; if the run is to stop, it is after a whole unit */
async function measureUser(
	{ store, model, plan, signal, onUnit, ...options }: TakeUnitsOptions,
	job: QueuedJob<UserJob>,
): Promise<boolean> {
	const done = await store.measured(model, job.data.user);
	const lacking = plan.filter(({ method }) => !done.has(method.name));
	if (lacking.length === 0) return true;
	const user = await store.user(job.data.user);
	const study = new UserStudy(user, options);
	for (const planned of lacking) {
		if (signal?.aborted) return false;
		const { measurement, images } = await study.measure(planned, job.signal);
		const shown = user.number < options.settings.sheets ? images : [];
		const pictures = await Promise.all(shown.map((image) => encodePng(image, image.parameters)));
		const { name: method } = planned.method;
		const unit = { model, user: user.number, method, measurement, machine: machineName() };
		if (await store.keep(unit, pictures)) onUnit?.({ user: user.number, method });
	}
	return true;
}

/** Puts all users into the queue of whom a unit is lacking; of several processes that want to, one does. */
async function queueUsers(queue: JobQueue<UserJob>, store: RunStore, model: number, methods: number): Promise<void> {
	const round = await store.round(model);
	const { queued, active } = await queue.counts();
	if (queued + active > 0) return;
	const users = await store.openUsers(model, methods);
	await store.beginRound(model, round, async (transaction) => {
		for (const user of users) await queue.send({ user }, { id: randomUUID(), transaction });
	});
}
