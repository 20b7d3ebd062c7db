import { expect } from "vitest";
import { Problem } from "../api/index.ts";
import type { Answer } from "./client.ts";

/** What no client may learn: where the code lies and runs, what it is made of, what it asks its database. */
const INNER =
	/node_modules|file:\/\/|\/(?:work|home|root|tmp|usr|etc)\/|\.[cm]?[jt]s:\d|\n\s+at |kysely|pg-?boss|pglite|postgres|syntax error|invalid input syntax|violates|constraint|\bselect\b.*\bfrom\b|\binsert into\b/i;

/** The answer is a refusal in the service's own words, with one of these statuses. */
export function expectRefused({ status, headers, body }: Answer<unknown>, ...statuses: number[]): void {
	const text = JSON.stringify(body);
	expect(statuses, text).toContain(status);
	expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
	expect(Problem.parse(body).status).toBe(status);
	expectNothingInner(text);
}

/** Nothing of the service's inside shows. */
export function expectNothingInner(text: string): void {
	expect(text).not.toMatch(INNER);
}
