import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Limits, MOST_BODY } from "./limits.ts";
import { Refusal, tooMany } from "./refusal.ts";

/** Seconds after which one that was refused may find room. */
const LATER = 5;

/**
 * Bodies are read into memory whole, and a slow client's is held as long as it likes to take: so much of them is held at once, of a
 * user and of all. A body counts from its first byte until its request is answered.
 * @returns what makes the bodies count of the routes that a part of the server is given afterwards
 */
export function budgetBodies({ bodiesOfUser, bodies }: Limits): (app: FastifyInstance) => void {
	const held = new Map<string, number>();
	let all = 0;
	const add = (userId: string, bytes: number) => {
		all += bytes;
		const own = (held.get(userId) ?? 0) + bytes;
		if (own > 0) held.set(userId, own);
		else held.delete(userId);
	};
	return (app) => {
		app.addHook("onRoute", (route) => {
			if (!route.config?.open) route.bodyLimit ??= MOST_BODY;
		});
		app.addHook("preParsing", async (request, reply) => {
			const bytes = bytesOf(request);
			// Where nobody needs to sign in, bodies are small, and as many as there are connections.
			if (bytes === 0 || request.user === undefined) return;
			const { id } = request.user;
			if ((held.get(id) ?? 0) + bytes > bodiesOfUser) throw tooMuchOfUser();
			if (all + bytes > bodies) throw tooMuch();
			add(id, bytes);
			reply.raw.once("close", () => add(id, -bytes));
		});
	};
}

/** Bytes of a request's body; of one that does not say, as many as it may have. */
function bytesOf({ headers, routeOptions }: FastifyRequest): number {
	const most = routeOptions.bodyLimit ?? 0;
	if (headers["transfer-encoding"] !== undefined) return most;
	return Math.min(Number(headers["content-length"] ?? 0) || 0, most);
}

function tooMuchOfUser(): Refusal {
	return tooMany("too-many-bodies", "There are too many requests of yours at once", "Wait for their answers", LATER);
}

function tooMuch(): Refusal {
	const title = "There are too many requests at once";
	return new Refusal({ status: 503, kind: "busy", title, headers: { "retry-after": String(LATER) } });
}
