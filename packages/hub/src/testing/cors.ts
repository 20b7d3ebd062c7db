import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * What a page of another origin may see: `"as seen"` are the headers that huggingface.co and its stores (cas-bridge.xethub.hf.co,
 * us.aws.cdn.hf.co) were seen to send in 2026; with `"bodies"` the store names no header at all.
 */
export type CorsKind = "as seen" | "bodies";

const HUB =
	"X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size," +
	"X-Linked-ETag,X-Xet-Hash";
const STORE = "Accept-Ranges, Content-Range, Content-Type, Content-Disposition, ETag, X-Cache";

/** Sets an answer's headers. False where the request was a browser's question before another, which a store was seen to refuse. */
export function allow(
	at: "hub" | "store",
	kind: CorsKind | undefined,
	{ method, headers: { origin } }: IncomingMessage,
	response: ServerResponse,
): boolean {
	if (kind && at === "hub" && origin !== undefined) {
		response.setHeader("access-control-allow-origin", origin).setHeader("vary", "Origin");
		response.setHeader("access-control-expose-headers", HUB);
	}
	if (kind && at === "store") {
		response.setHeader("access-control-allow-origin", "*");
		if (kind === "as seen") response.setHeader("access-control-expose-headers", STORE);
	}
	if (method !== "OPTIONS") return true;
	response.writeHead(403).end();
	return false;
}
