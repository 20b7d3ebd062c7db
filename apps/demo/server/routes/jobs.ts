import * as z from "zod";
import { Job, JobOrder, JobPage } from "../../api/index.ts";
import { cancelJob, deleteJob } from "../../store/job-changes.ts";
import { listJobs, readJob } from "../../store/jobs.ts";
import { readPlace, writePlace } from "../job-place.ts";
import { MOST_JOB_BODY } from "../limits.ts";
import { notFound, Refusal } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { submitJob } from "../submit-job.ts";
import { BODY_REFUSALS, ById, NOTHING, refusals } from "./answers.ts";

const Headers = z.looseObject({
	"idempotency-key": z
		.string()
		.min(1)
		.max(255)
		.optional()
		.describe("Any text; a repeated request with it is answered with the first's job"),
});
const Page = z.object({
	limit: z.coerce.number().int().min(1).max(100).default(20),
	before: z.string().max(500).optional(),
});

export function jobRoutes(app: App, service: Service): void {
	const { store, queue } = service;
	const read = async (userId: string, id: string): Promise<Job> => {
		const job = await readJob(store, userId, id);
		if (!job) throw notFound("job");
		return job;
	};

	app.post(
		"/jobs",
		{
			bodyLimit: MOST_JOB_BODY,
			schema: {
				headers: Headers,
				body: JobOrder,
				response: { 200: Job, 202: Job, ...refusals(404, ...BODY_REFUSALS) },
			},
		},
		async ({ user, headers, body, log }, reply) => {
			const { id, outcome } = await submitJob(service, {
				...{ user, asked: body, log },
				idempotencyKey: headers["idempotency-key"],
			});
			const status = outcome === "created" ? 202 : 200;
			return reply
				.code(status)
				.header("location", `/api/jobs/${id}`)
				.send(await read(user.id, id));
		},
	);

	app.get(
		"/jobs",
		{ schema: { querystring: Page, response: { 200: JobPage, ...refusals(400) } } },
		async ({ user, query: { limit, before } }) => {
			const page = await listJobs(store, user.id, {
				limit,
				before: before === undefined ? undefined : readPlace(before),
			});
			return { jobs: page.jobs, ...(page.next && { next: writePlace(page.next) }) };
		},
	);

	app.get("/jobs/:id", { schema: { params: ById, response: { 200: Job, ...refusals(404) } } }, ({ user, params }) =>
		read(user.id, params.id),
	);

	app.post(
		"/jobs/:id/cancel",
		{
			schema: {
				description: "Cancels the job unless it has ended; answers with it as it is now",
				params: ById,
				response: { 200: Job, ...refusals(404) },
			},
		},
		async ({ user, params: { id } }) => {
			if (await cancelJob(store, user.id, id)) await queue.remove(id);
			return read(user.id, id);
		},
	);

	app.delete(
		"/jobs/:id",
		{ schema: { params: ById, response: { ...NOTHING, ...refusals(404, 409) } } },
		async ({ user, params: { id } }, reply) => {
			const outcome = await deleteJob(store, user.id, id);
			if (outcome === "no job") throw notFound("job");
			if (outcome === "unended") {
				const title = "The job has not ended";
				throw new Refusal({ status: 409, kind: "job-unended", title, detail: "Cancel it first" });
			}
			return reply.code(204).send();
		},
	);
}
