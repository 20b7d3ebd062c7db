import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import * as z from "zod";
import type { Metrics } from "../metrics.ts";
import { Refusal } from "../refusal.ts";
import type { App, Service } from "../service.ts";
import { signInNeeded } from "../sign-in.ts";
import { refusals } from "./answers.ts";

/** The database must answer within so long. */
const READY_MS = 2000;

/** What those ask who run the service: is it alive, does it take requests, what has it done. */
export function operationRoutes(app: App, service: Service, metrics: Metrics, metricsToken: string | undefined): void {
	app.get("/health/live", { schema: { security: [], response: { 200: state("live") } } }, async () => ({
		status: "live" as const,
	}));

	const ready = { security: [], response: { 200: state("ready"), ...refusals(503) } };
	app.get("/health/ready", { schema: ready }, async () => {
		if (service.draining) throw notReady("The service is stopping");
		if (!(await databaseAnswers(service))) throw notReady("The database does not answer");
		return { status: "ready" as const };
	});

	const text = { description: "In Prometheus's text format", content: { "text/plain": { schema: z.string() } } };
	app.get("/metrics", { schema: { response: { 200: text, ...refusals(404) } } }, async ({ headers }, reply) => {
		if (service.auth) {
			// Without a token nobody may read them: they tell of all users.
			if (metricsToken === undefined) throw new Refusal({ status: 404, kind: "not-found", title: "Nothing is here" });
			if (!equal(headers.authorization ?? "", `Bearer ${metricsToken}`)) throw signInNeeded();
		}
		return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
	});
}

function state<Name extends string>(name: Name) {
	return z.object({ status: z.literal(name) });
}

async function databaseAnswers({ store }: Service): Promise<boolean> {
	const answer = sql`select 1`.execute(store.kysely).then(
		() => true,
		() => false,
	);
	return Promise.race([answer, pause(READY_MS, false, { ref: false })]);
}

function notReady(title: string): Refusal {
	return new Refusal({ status: 503, kind: "not-ready", title, headers: { "retry-after": "5" } });
}

/** Compares without telling by its time where they differ. */
function equal(a: string, b: string): boolean {
	const [x, y] = [a, b].map((text) => createHash("sha256").update(text).digest());
	return timingSafeEqual(x!, y!);
}
