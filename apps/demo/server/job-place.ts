import * as z from "zod";
import type { JobPlace } from "../store/jobs.ts";
import { Refusal } from "./refusal.ts";

/** A timestamp as Postgres writes it. */
const Written = z.tuple([
	z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d){0,2}$/),
	z.uuid(),
]);

/** A place among jobs as an opaque word. */
export function writePlace({ createdAt, id }: JobPlace): string {
	return Buffer.from(JSON.stringify([createdAt, id])).toString("base64url");
}

/** @throws Refusal unless `writePlace` made it */
export function readPlace(word: string): JobPlace {
	try {
		const [createdAt, id] = Written.parse(JSON.parse(Buffer.from(word, "base64url").toString()));
		return { createdAt, id };
	} catch {
		const errors = [{ at: "before", message: "expected the `next` of a page" }];
		throw new Refusal({ status: 400, kind: "invalid", title: "The request is not valid", errors });
	}
}
