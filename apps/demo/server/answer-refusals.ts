import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { isOutOfReach } from "@drum/database";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { StorageAway } from "../store/objects/bucket.ts";
import { HEADERS } from "./guard.ts";
import { databaseAway, invalid, notFound, PROBLEM_JSON, Refusal, storageAway } from "./refusal.ts";
import type { Routes } from "./routes-known.ts";

/** A refusal as its answer is written. */
export interface Written {
	status: number;
	type: string;
	body: object;
}

export interface AnswerOptions {
	routes: Routes;
	onRefused: (status: number) => void;
	/** Default: as a problem document. */
	write?: (refusal: Refusal) => Written;
}

const asProblem = ({ problem }: Refusal): Written => ({ status: problem.status, type: PROBLEM_JSON, body: problem });

/** Answers whatever is refused in this part of the server. */
export function answerRefusals(app: FastifyInstance, { routes, onRefused, write = asProblem }: AnswerOptions): void {
	const send = (reply: FastifyReply, refusal: Refusal) => {
		const { status, type, body } = write(refusal);
		onRefused(status);
		// What a route had said of the answer that it meant to give does not hold of this one.
		reply.removeHeader("etag");
		reply.code(status).headers({ ...refusal.headers, "cache-control": "no-store" });
		return reply.type(type).send(JSON.stringify(body));
	};
	const nothingHere = (request: FastifyRequest, reply: FastifyReply) => {
		const allow = routes.methodsOf(request.url);
		if (allow.length === 0)
			return send(reply, new Refusal({ status: 404, kind: "not-found", title: "Nothing is here" }));
		return send(reply, new Refusal({ status: 405, headers: { allow: allow.join(", ") } }));
	};
	app.setErrorHandler<FastifyError>((error, request, reply) => {
		// Whatever is wrong with its body.
		if (request.is404 && !(error instanceof Refusal)) return nothingHere(request, reply);
		const refusal = OF_BODIES[error.code]?.(request) ?? refusalOf(error);
		if (refusal.problem.status >= 500) request.log.error({ err: error }, "a request failed");
		return send(reply, refusal);
	});
	app.setNotFoundHandler(nothingHere);
}

/** Any error as what the client is told of it: of one that is not the client's, nothing. */
export function refusalOf(error: Error | FastifyError): Refusal {
	if (error instanceof Refusal) return error;
	if (error instanceof StorageAway) return storageAway();
	if (hasZodFastifySchemaValidationErrors(error)) return malformedIn(error);
	if (isOutOfReach(error)) return databaseAway();
	const { statusCode: status = 500 } = error as FastifyError;
	if (status < 400 || status >= 500) return new Refusal({ status: 500 });
	return new Refusal({ status, detail: error.message });
}

/** What the framework refuses of a body, with what the route takes. */
const OF_BODIES: Readonly<Record<string, (request: FastifyRequest) => Refusal>> = {
	FST_ERR_CTP_INVALID_MEDIA_TYPE: ({ headers, routeOptions }) => {
		const { consumes = ["application/json"] } = (routeOptions.schema ?? {}) as { consumes?: string[] };
		const detail = `Expected a body of type ${consumes.join(", ")}, found ${headers["content-type"] ?? "none"}`;
		return new Refusal({ status: 415, kind: "content-type", detail });
	},
	FST_ERR_CTP_BODY_TOO_LARGE: ({ routeOptions }) =>
		new Refusal({
			status: 413,
			kind: "too-large",
			detail: `Expected a body of at most ${routeOptions.bodyLimit} bytes`,
		}),
};

/** What did not fit a route's schemas. */
function malformedIn({ validation, validationContext }: FastifyError): Refusal {
	// An id that cannot be one is one that nothing has.
	if (validationContext === "params") return notFound("thing");
	const errors = validation!.map(({ instancePath, message = "is not valid" }) => ({
		at: validationContext === "body" ? instancePath.replace(/\/$/, "") : instancePath.slice(1),
		message,
	}));
	if (validationContext === "body") return invalid(errors);
	return new Refusal({ status: 400, kind: "invalid", title: "The request is not valid", errors });
}

const STATUS_OF: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what is no HTTP request at all. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
	// Browsers open connections ahead of their requests: an answer on one would be taken for that to the request that comes next.
	if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && socket.bytesRead === 0) return void closeUnused(socket);
	if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
	const status = STATUS_OF[error.code ?? ""] ?? 400;
	const body = JSON.stringify(new Refusal({ status }).problem);
	socket.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_JSON}\r\nConnection: close\r\n` +
			`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
	);
}

/** Closes a connection that brought nothing, unless a request has arrived that a busy process has not read yet. */
function closeUnused(socket: Socket): void {
	// Timers run before what arrived is read: what comes after them knows.
	setImmediate(() => {
		if (socket.bytesRead === 0) socket.destroy();
	});
}

/** Answers what the router cannot read. */
export function answerFrameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
	const { problem } = refusalOf(error);
	// No hook runs for it.
	reply.code(problem.status).headers({ ...HEADERS, "cache-control": "no-store" });
	reply.type(PROBLEM_JSON).send(JSON.stringify(problem));
}
