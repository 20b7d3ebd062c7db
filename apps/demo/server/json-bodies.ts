import type { FastifyInstance } from "fastify";
import { Refusal } from "./refusal.ts";

/** Bodies are JSON in UTF-8: bytes that are none are refused, and so is any other type, which would be another text than was sent. */
export function readJsonBodies(app: FastifyInstance): void {
	const parse = app.getDefaultJsonParser("error", "error");
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
		let text: string;
		try {
			text = new TextDecoder("utf-8", { fatal: true }).decode(bytes as Buffer);
		} catch {
			const detail = "Expected JSON in UTF-8, found other bytes";
			return done(new Refusal({ status: 400, kind: "invalid", title: "The request is not valid", detail }));
		}
		void parse(request, text, done);
	});
}
