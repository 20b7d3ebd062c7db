import * as z from "zod";
import { readJob } from "../../store/jobs.ts";
import { lastEventTime } from "../events/frames.ts";
import { notFound, tooMany } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { refusals } from "./answers.ts";

const Query = z.object({ job: z.uuid().optional().describe("Only this job's events") });
const Headers = z.looseObject({ "last-event-id": z.string().optional() });
const STREAM = {
	description:
		"Events `job` with a Job, `preview` with a Preview, `deleted` with `{ jobId }`, `history` with `{ historyId }` of one that has " +
		"changed or is gone, or with `{}` where any may have",
	content: { "text/event-stream": { schema: z.string() } },
};

export function eventRoutes(app: App, { store, events, limits }: Service): void {
	app.get(
		"/events",
		{
			exposeHeadRoute: false,
			schema: { querystring: Query, headers: Headers, response: { 200: STREAM, ...refusals(400, 404, 429) } },
		},
		async (request, reply) => {
			const { user, query, headers } = request;
			const { job } = query;
			if (job !== undefined && !(await readJob(store, user.id, job))) throw notFound("job");
			if (events.sizeOf(user.id) >= limits.streamsOfUser) {
				const detail = `Expected at most ${limits.streamsOfUser}. Close one`;
				throw tooMany("too-many-streams", "There are too many open streams of yours", detail, 5);
			}
			reply.hijack();
			reply.raw.writeHead(200, {
				...(reply.getHeaders() as Record<string, string>),
				...{ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
			});
			reply.raw.flushHeaders();
			await events.follow(user.id, reply.raw, {
				jobId: job,
				endedSince: lastEventTime(headers["last-event-id"]),
				// While the database is out of reach, nothing is told either.
				isWelcome: async () => (await request.identify().catch(() => user)) !== undefined,
			});
		},
	);
}
