import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { forwarded } from "./forwarded.ts";
import { Refusal } from "./refusal.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { SignInOptions } from "./sign-in.ts";

/** Headers of every answer. */
export const HEADERS = {
	"content-security-policy":
		"default-src 'self'; img-src 'self' data: blob:; style-src 'self'; style-src-attr 'unsafe-inline'; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"permissions-policy": "camera=(), geolocation=(), microphone=()",
	"referrer-policy": "no-referrer",
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
};

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** What is checked of every request, whatever it asks for: that no other site's page sends it. */
export function guard(app: FastifyInstance, { auth, cookie }: SignInOptions): void {
	app.addHook("onRequest", async (request, reply) => {
		reply.headers({ ...HEADERS, "x-request-id": request.id });
		if (!auth && !isLoopback(hostOf(request.headers.host))) {
			throw new Refusal({
				status: 403,
				kind: "host",
				title: "The service answers to loopback names only",
				detail: "Expected localhost, 127.0.0.1 or [::1] as the host, since no token is asked for",
			});
		}
		if (SAFE.has(request.method) || isOwn(request, auth, cookie)) return;
		throw new Refusal({
			status: 403,
			kind: "origin",
			title: "Another site's page may not change anything here",
			detail: detailOf(request),
		});
	});
}

/** Whether a request that changes something comes from this service's page, or from no browser at all. */
function isOwn(request: FastifyRequest, auth: boolean, cookie: SessionCookie): boolean {
	const { headers } = request;
	// Other pages cannot send this header.
	if (auth && headers.authorization !== undefined) return true;
	const site = headers["sec-fetch-site"];
	if (site !== undefined) return site === "same-origin" || site === "none";
	if (headers.origin !== undefined)
		return URL.canParse(headers.origin) && hostsOf(headers).has(new URL(headers.origin).host);
	return cookie.read(request) === undefined;
}

/**
 * The hosts with their ports for which a request was meant: its own, and the one that the browser asked for by what proxies say. No page
 * of another site can send these headers.
 */
function hostsOf(headers: IncomingHttpHeaders): Set<string> {
	const standard = /(?:^|;)\s*host="?([^";]+)/i.exec(forwarded(headers, "forwarded"))?.[1];
	const usual = forwarded(headers, "x-forwarded-host");
	const hosts = [headers.host, usual, standard].filter((host) => hostOf(host) !== "");
	const port = forwarded(headers, "x-forwarded-port");
	if (port !== "") hosts.push(...hosts.map((host) => `${hostOf(host)}:${port}`));
	// Each scheme has a port that addresses leave out.
	return new Set(hosts.flatMap((host) => ["http", "https"].map((scheme) => new URL(`${scheme}://${host}`).host)));
}

/** What differs, for whoever runs a proxy that lost a part of it on the way. */
function detailOf({ headers }: FastifyRequest): string | undefined {
	if (headers["sec-fetch-site"] !== undefined || headers.origin === undefined) return undefined;
	const hosts = [...hostsOf(headers)].join(", ") || "none";
	return (
		`Expected an Origin whose host and port are those of Host or X-Forwarded-Host (${hosts}), found ${headers.origin}. ` +
		"A proxy before the service has to pass Host as it came, its port included: for nginx, `proxy_set_header Host $http_host`"
	);
}

/** The name in a Host header, without the port; in a URL it is made lower-case and checked. */
function hostOf(header: string | undefined): string {
	return header !== undefined && URL.canParse(`http://${header}`) ? new URL(`http://${header}`).hostname : "";
}

/** Whether a name or an address, as in a URL, is this machine's own and reached from it only. */
export function isLoopback(host: string): boolean {
	return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}
