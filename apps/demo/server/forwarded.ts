import type { IncomingHttpHeaders } from "node:http";

/** What the proxy nearest to the client says in a header, to which others on the way may have added; empty where there is none. */
export function forwarded(headers: IncomingHttpHeaders, name: string): string {
	return String(headers[name] ?? "")
		.replace(/,.*$/s, "")
		.trim();
}
