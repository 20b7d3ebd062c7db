import { proxyFor } from "./proxy.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import type { HubSettings } from "./settings.ts";

/**
 * Checks the connection to the hub before the first request: that its proxy is usable, and whether a token would be sent unencrypted.
 * @throws ArgumentError for an unusable proxy
 */
export function checkWay({ endpoint, token }: HubSettings, { fetch, onWarning }: RepositoryOptions): void {
	const url = new URL(endpoint);
	if (fetch === undefined) proxyFor(url);
	if (token === undefined || url.protocol === "https:" || isLoopback(url.hostname)) return;
	onWarning?.({
		code: "token-in-clear",
		what: "endpoint",
		message: `The access token of ${token.from} goes to ${url.origin} over a connection that is not encrypted: use https.`,
	});
}

function isLoopback(hostname: string): boolean {
	return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
