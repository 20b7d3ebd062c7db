import { STATUS_CODES } from "node:http";
import * as z from "zod";
import { Problem } from "../../api/index.ts";
import { PROBLEM_JSON } from "../refusal.ts";

/** Any request under `/api` may be refused so. */
const ALWAYS = [401, 403, 500, 503];
/** What a request with a body may be refused with beside. */
export const BODY_REFUSALS = [400, 413, 415, 422, 429];

/** A route's refusals for its `response` schemas; as a type nothing, since handlers throw them. */
export function refusals(...statuses: number[]): object {
	const content = { [PROBLEM_JSON]: { schema: Problem } };
	return Object.fromEntries(
		[...new Set([...ALWAYS, ...statuses])].map((status) => [status, { description: STATUS_CODES[status]!, content }]),
	);
}

/** An answer without a body, for a route's `response` schemas. */
export const NOTHING: object = { 204: z.null().describe("Done") };

/** An answer that is a file, for a route's `response` schemas. */
export function file(type: string): object {
	return {
		200: { description: "The file", content: { [type]: { schema: z.unknown() } } },
		304: z.null().describe("It is as the client has it"),
	};
}

export const ById = z.object({ id: z.uuid() });
