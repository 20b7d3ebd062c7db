import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Store } from "../store/open-store.ts";
import { userBySession } from "../store/sessions.ts";
import type { User } from "../store/user.ts";
import { localUser, userByToken } from "../store/users.ts";
import { Refusal } from "./refusal.ts";
import type { SessionCookie } from "./session-cookie.ts";

declare module "fastify" {
	interface FastifyRequest {
		/** Who asks; on routes that are `open` it may be nobody. */
		user: User;
		/** Who that is by now: nobody, once its token was replaced or its session has ended. */
		identify(): Promise<User | undefined>;
	}
	interface FastifyContextConfig {
		/** Whether the route needs no user. */
		open?: boolean;
	}
}

export interface SignInOptions {
	/** Whether tokens are asked for. */
	auth: boolean;
	cookie: SessionCookie;
}

/**
 * Finds out who asks, by a token in the `Authorization` header or by the session in the cookie; without `auth` it is the one local
 * user.
 */
export async function identify(app: FastifyInstance, store: Store, { auth, cookie }: SignInOptions): Promise<void> {
	const local = auth ? undefined : await localUser(store);
	app.decorateRequest("user");
	app.decorateRequest("identify", async function (this: FastifyRequest) {
		return local ?? (await userOf(this, store, cookie));
	});
	app.addHook("onRequest", async (request, reply) => {
		reply.header("cache-control", "no-store");
		const { open = false } = request.routeOptions.config;
		if (open || request.is404) return;
		const user = await request.identify();
		if (!user) throw BEARER.test(request.headers.authorization ?? "") ? unknownToken() : signInNeeded();
		request.user = user;
	});
}

export function signInNeeded(): Refusal {
	return new Refusal({
		status: 401,
		kind: "sign-in",
		title: "A token is needed",
		detail: "Sign in with one, or send it as `Authorization: Bearer <token>`; `user add` makes one",
		headers: { "www-authenticate": "Bearer" },
	});
}

export function unknownToken(): Refusal {
	return new Refusal({
		status: 401,
		kind: "token",
		title: "This token is not known",
		detail: "It may be incomplete, or replaced by a newer one. Whoever runs the service can give you one",
		headers: { "www-authenticate": 'Bearer error="invalid_token"' },
	});
}

const BEARER = /^Bearer +(\S+)$/i;

async function userOf(request: FastifyRequest, store: Store, cookie: SessionCookie): Promise<User | undefined> {
	const token = BEARER.exec(request.headers.authorization ?? "")?.[1];
	if (token !== undefined) return userByToken(store, token);
	const secret = cookie.read(request);
	return secret === undefined ? undefined : userBySession(store, secret);
}
