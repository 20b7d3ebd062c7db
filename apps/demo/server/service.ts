import type { IncomingMessage, ServerResponse } from "node:http";
import type { JobQueue } from "@drum/database";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Model, Sample } from "../api/index.ts";
import type { JobMessage } from "../store/channels.ts";
import type { Store } from "../store/open-store.ts";
import type { PictureCaptions } from "./captions/picture-captions.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { ImportReader } from "./imports/import-reader.ts";
import type { Limits } from "./limits.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** A part of the server in which routes are added. */
export type App = FastifyInstance<
	RawServerDefault,
	IncomingMessage,
	ServerResponse,
	FastifyBaseLogger,
	ZodTypeProvider
>;

/** What the routes work with. */
export interface Service {
	readonly store: Store;
	readonly queue: JobQueue<JobMessage>;
	readonly models: ReadonlyMap<string, Model>;
	readonly samples: readonly Sample[];
	readonly events: EventHub;
	readonly imports: ImportReader;
	readonly captions: PictureCaptions;
	readonly limits: Limits;
	/** Whether tokens are asked for. */
	readonly auth: boolean;
	readonly cookie: SessionCookie;
	/** Whether logs may hold prompts. */
	readonly logPrompts: boolean;
	/** Whether no more jobs are taken, because the service is about to stop. */
	readonly draining: boolean;
	/** Aborts, with a refusal, when the service closes. */
	readonly closing: AbortSignal;
}
