import type { FastifyReply, FastifyRequest } from "fastify";
import { SESSION_SECONDS } from "../store/sessions.ts";
import { forwarded } from "./forwarded.ts";

/**
 * The cookie that holds a browser's session. It is named after the service, since a host's ports share their cookies: another service
 * there neither reads it as its own nor takes its place. Over TLS the name makes browsers see to it that nobody but this host sets it.
 */
export class SessionCookie {
	readonly #name: string;

	/** @param serviceId a UUID */
	constructor(serviceId: string) {
		this.#name = `drum_${serviceId.slice(0, 8)}`;
	}

	nameFor(request: Pick<FastifyRequest, "headers">): string {
		return isSecure(request) ? `__Host-${this.#name}` : this.#name;
	}

	/** The session's secret, where the browser sends one. */
	read(request: FastifyRequest): string | undefined {
		return request.cookies[this.nameFor(request)];
	}

	set(request: FastifyRequest, reply: FastifyReply, secret: string): void {
		reply.setCookie(this.nameFor(request), secret, { ...this.#attributes(request), maxAge: SESSION_SECONDS });
	}

	clear(request: FastifyRequest, reply: FastifyReply): void {
		reply.clearCookie(this.nameFor(request), this.#attributes(request));
	}

	#attributes(request: FastifyRequest) {
		return { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure(request) } as const;
	}
}

/** Whether the browser speaks TLS, as the proxy before the service says. */
export function isSecure({ headers }: Pick<FastifyRequest, "headers">): boolean {
	return forwarded(headers, "x-forwarded-proto").toLowerCase() === "https";
}
