import { randomUUID } from "node:crypto";
import type { Captioner } from "@drum/captions";
import type { JobQueue } from "@drum/database";
import cookies from "@fastify/cookie";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Model } from "../api/index.ts";
import type { JobMessage } from "../store/channels.ts";
import type { Store } from "../store/open-store.ts";
import { serviceId } from "../store/sessions.ts";
import { answerClientError, answerFrameworkError, answerRefusals } from "./answer-refusals.ts";
import { budgetBodies } from "./body-budget.ts";
import { refuseEncodings } from "./body-encodings.ts";
import { PictureCaptions } from "./captions/picture-captions.ts";
import { EventHub, type EventHubOptions } from "./events/event-hub.ts";
import { guard } from "./guard.ts";
import { type ImportBudget, ImportReader } from "./imports/import-reader.ts";
import { readJsonBodies } from "./json-bodies.ts";
import { LIMITS, type Limits, MOST_OPEN_BODY } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { imageRoutes } from "./openai/image-routes.ts";
import { openAIModelRoutes } from "./openai/model-routes.ts";
import { asOpenAIError } from "./openai/openai-error.ts";
import { describeRoutes } from "./openapi.ts";
import { servePage } from "./page-files.ts";
import { stopping } from "./refusal.ts";
import { captionRoutes } from "./routes/captions.ts";
import { entryRoutes } from "./routes/entries.ts";
import { eventRoutes } from "./routes/events.ts";
import { fileRoutes } from "./routes/files.ts";
import { historyRoutes } from "./routes/histories.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { modelRoutes } from "./routes/models.ts";
import { namedProfileRoutes } from "./routes/named-profiles.ts";
import { operationRoutes } from "./routes/operations.ts";
import { sessionRoutes } from "./routes/session.ts";
import { settingsRoutes } from "./routes/settings.ts";
import { Routes } from "./routes-known.ts";
import { makeSamples } from "./samples.ts";
import type { App, Service } from "./service.ts";
import { SessionCookie } from "./session-cookie.ts";
import { identify } from "./sign-in.ts";

export interface ServerOptions {
	store: Store;
	queue: JobQueue<JobMessage>;
	/** The models that the workers have. */
	models: readonly Model[];
	/** Whether tokens are asked for; without them there is one user, and only loopback names are answered to. */
	auth: boolean;
	limits?: Partial<Limits> | undefined;
	/** Describes liked pictures whose files tell no prompt. Default none. */
	captioner?: Captioner | undefined;
	/** The folder of the built page. Default: none is served. */
	page?: string | undefined;
	/** Where a line for each request goes, and what goes wrong; default nowhere. A pino logger is one. */
	log?: FastifyBaseLogger | undefined;
	/** Whether logs may hold prompts. Default false. */
	logPrompts?: boolean | undefined;
	/** With `auth`, what `/metrics` asks for; without a token it is not served then. */
	metricsToken?: string | undefined;
	/** Times of the streams of events. */
	streams?: Pick<EventHubOptions, "heartbeatMs" | "stallMs"> | undefined;
	/** What reading one imported file may cost. */
	importBudget?: ImportBudget | undefined;
}

declare module "fastify" {
	interface FastifyInstance {
		/** Takes no more jobs, and is not ready any more; all else goes on until `close`. */
		drain(): void;
	}
}

/** Makes the service, which listens when its `listen` is called. Closing it leaves the store and the queue open. */
export async function createServer({ store, queue, auth, ...options }: ServerOptions): Promise<FastifyInstance> {
	const app = fastify({
		...(options.log && { loggerInstance: options.log }),
		// A line for each request is written below, by its route's pattern: addresses hold nothing that logs should not.
		logController: new LogController({ disableRequestLogging: true }),
		genReqId: () => randomUUID(),
		// Also of what is nowhere; a route for users takes more.
		bodyLimit: MOST_OPEN_BODY,
		requestTimeout: 120_000,
		http: { maxHeaderSize: 16_384, headersTimeout: 20_000, connectionsCheckingInterval: 5_000 },
		return503OnClosing: false,
		clientErrorHandler: answerClientError,
		frameworkErrors: answerFrameworkError,
	}) as unknown as App;
	readJsonBodies(app);
	refuseEncodings(app);
	app.setValidatorCompiler(validatorCompiler);
	app.setSerializerCompiler(serializerCompiler);

	const cookie = new SessionCookie(await serviceId(store));
	const limits = { ...LIMITS, ...options.limits };
	app.server.maxConnections = limits.connections;

	let state: "open" | "draining" | "closing" = "open";
	app.decorate("drain", () => {
		if (state === "open") state = "draining";
	});
	const events = await EventHub.open(store, {
		log: app.log,
		onEnded: (job) => metrics.jobEnded(job),
		...options.streams,
	});
	const metrics = new Metrics(store, () => events.size);
	const closing = new AbortController();
	const service: Service = {
		store,
		queue,
		models: new Map(options.models.map((model) => [model.id, model])),
		samples: makeSamples(),
		events,
		imports: new ImportReader(options.importBudget),
		captions: new PictureCaptions(options.captioner, app.log),
		limits,
		auth,
		cookie,
		logPrompts: options.logPrompts ?? false,
		get draining() {
			return state !== "open";
		},
		closing: closing.signal,
	};
	app.addHook("preClose", async () => {
		state = "closing";
		closing.abort(stopping());
		await events.close();
	});
	app.addHook("onClose", () => service.imports[Symbol.asyncDispose]());

	const answers = { routes: new Routes(app), onRefused: metrics.refused };
	answerRefusals(app, answers);
	await app.register(cookies);
	guard(app, { auth, cookie });
	app.addHook("onRequest", async () => {
		if (state === "closing") throw stopping();
	});
	app.addHook("onResponse", async (request, reply) => {
		const { url: route = "none", method } = request.routeOptions;
		const status = reply.statusCode;
		const ms = Math.round(reply.elapsedTime);
		metrics.requests.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
		request.log.info({ method: method ?? request.method, route, status, ms }, "answered");
	});
	const budget = budgetBodies(limits);
	await describeRoutes(app, { auth, cookie });
	await app.register(
		async (api: App) => {
			await identify(api, store, { auth, cookie });
			budget(api);
			for (const routes of [
				sessionRoutes,
				settingsRoutes,
				modelRoutes,
				historyRoutes,
				namedProfileRoutes,
				entryRoutes,
				captionRoutes,
				jobRoutes,
				fileRoutes,
				eventRoutes,
			])
				routes(api, service);
			api.get("/openapi.json", { config: { open: true }, schema: { hide: true } }, async () => app.swagger());
		},
		{ prefix: "/api" },
	);
	await app.register(
		async (v1: App) => {
			answerRefusals(v1, { ...answers, write: asOpenAIError });
			await identify(v1, store, { auth, cookie });
			budget(v1);
			for (const routes of [imageRoutes, openAIModelRoutes]) await routes(v1, service);
		},
		{ prefix: "/v1" },
	);
	operationRoutes(app, service, metrics, options.metricsToken);
	if (options.page) await servePage(app, options.page);
	await app.ready();
	return app;
}
