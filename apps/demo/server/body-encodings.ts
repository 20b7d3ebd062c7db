import type { FastifyInstance } from "fastify";
import { Refusal } from "./refusal.ts";

declare module "fastify" {
	interface FastifyContextConfig {
		/** Whether the route reads bodies in gzip. */
		gzip?: boolean;
	}
}

/** Bodies come as they are: one with another `Content-Encoding` is refused with those that the route reads. */
export function refuseEncodings(app: FastifyInstance): void {
	app.addHook("preParsing", async ({ headers, routeOptions }) => {
		const found = headers["content-encoding"]?.trim().toLowerCase() || "identity";
		const read = routeOptions.config.gzip ? ["gzip", "identity"] : ["identity"];
		if (read.includes(found === "x-gzip" ? "gzip" : found)) return;
		const detail = `Expected a body in ${read.join(" or ")}, found ${found}`;
		throw new Refusal({ status: 415, kind: "encoding", detail, headers: { "accept-encoding": read.join(", ") } });
	});
}
