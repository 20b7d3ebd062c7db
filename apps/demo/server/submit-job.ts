import { randomInt } from "node:crypto";
import type { FastifyBaseLogger } from "fastify";
import type { JobOrder } from "../api/index.ts";
import { createJob } from "../store/create-job.ts";
import type { User } from "../store/user.ts";
import { checkAgainstModel } from "./check-job-request.ts";
import { readInputs } from "./read-inputs.ts";
import { invalid, notFound, Refusal, stopping } from "./refusal.ts";
import { refuseForRoom, refuseForStorage } from "./room.ts";
import type { Service } from "./service.ts";

export interface Submission {
	user: User;
	/** Checked by its schema. */
	asked: JobOrder;
	/** The client's: a second request with it is the first's. */
	idempotencyKey?: string | undefined;
	log: FastifyBaseLogger;
	/** What the log tells beside. */
	told?: Record<string, unknown>;
}

/**
 * Makes a job of a request and puts it in the queue, or finds the one that the same request made before.
 * @throws Refusal where it could only fail, or where there is no room
 */
export async function submitJob(
	service: Service,
	{ user, asked, idempotencyKey, log, told = {} }: Submission,
): Promise<{ id: string; outcome: "created" | "repeated" }> {
	const { store, queue, limits, logPrompts } = service;
	if (service.draining) throw stopping();
	const { request: own, inputs } = await readInputs(asked);
	checkAgainstModel(own, service);
	const request = own.kind === "pictures" ? { ...own, seed: own.seed ?? randomInt(2 ** 32) } : own;
	const { id, outcome } = await createJob(store, queue, user.id, {
		...{ request, asked, inputs, idempotencyKey },
		most: { ofUser: limits.jobsOfUser, ofAll: limits.jobs },
		mostBytes: limits.bytesOfUser,
	});
	if (outcome === "no history") throw notFound("history");
	if (outcome === "no profile") throw notFound("named profile");
	if (outcome === "nothing to sample") throw invalid([{ at: "/historyId", message: NO_LIKED }]);
	if (outcome === "key of another request") throw keyUsed();
	if (outcome === "no room") throw await refuseForStorage(service, user.id);
	if (id === undefined) throw await refuseForRoom(service, user.id, outcome);
	const prompt = logPrompts && asked.kind === "pictures" ? { prompt: asked.prompt } : {};
	log.info({ jobId: id, kind: asked.kind, model: asked.model, ...prompt, ...told }, `job ${outcome}`);
	return { id, outcome };
}

const NO_LIKED = "expected a history with a prompt that is liked or disliked, by an intensity other than 0, found none";

function keyUsed(): Refusal {
	const title = "The Idempotency-Key was sent with another request";
	return new Refusal({ status: 422, kind: "key-used", title, detail: "Take a new key for a new request" });
}
