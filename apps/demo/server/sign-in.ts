import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Store } from "../store/open-store.ts";
import { localUser, type User, userByToken } from "../store/users.ts";
import { Refusal } from "./refusal.ts";

declare module "fastify" {
	interface FastifyRequest {
		/** Who asks; on routes that are `open` it may be nobody. */
		user: User;
	}
	interface FastifyContextConfig {
		/** Whether the route needs no user. */
		open?: boolean;
	}
}

/** The cookie that holds a browser's token. */
export const COOKIE = "drum_token";

/** Finds out who asks, by a token in the `Authorization` header or the cookie; without `auth` it is the one local user. */
export async function identify(app: FastifyInstance, store: Store, { auth }: { auth: boolean }): Promise<void> {
	const local = auth ? undefined : await localUser(store);
	app.decorateRequest("user");
	app.addHook("onRequest", async (request, reply) => {
		reply.header("cache-control", "no-store");
		const { open = false } = request.routeOptions.config;
		if (open || request.is404) return;
		const user = local ?? (await userOf(request, store));
		if (!user) throw signInNeeded();
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

async function userOf({ headers, cookies }: FastifyRequest, store: Store): Promise<User | undefined> {
	const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? cookies[COOKIE];
	return token === undefined ? undefined : userByToken(store, token);
}
