import { STATUS_CODES } from "node:http";
import type * as z from "zod";
import type { Problem } from "../api/index.ts";

export const PROBLEM_JSON = "application/problem+json";

interface Details {
	status: number;
	/** What tells kinds of problems apart, in `type`; without one, the status alone says it. */
	kind?: string | undefined;
	title?: string | undefined;
	detail?: string | undefined;
	errors?: Problem["errors"];
	headers?: Record<string, string> | undefined;
}

/** A request that is not done; what is thrown from a handler is answered as its problem. */
export class Refusal extends Error {
	readonly problem: Problem;
	readonly headers: Record<string, string>;

	constructor({ status, kind, title, detail, errors, headers = {} }: Details) {
		super(title);
		this.name = "Refusal";
		this.problem = {
			type: kind ? `urn:drum:problem:${kind}` : "about:blank",
			title: title ?? STATUS_CODES[status] ?? "Refused",
			status,
			...(detail && { detail }),
			...(errors && { errors }),
		};
		this.headers = headers;
	}

	/** The refusal that a problem tells of. */
	static of(problem: Problem): Refusal {
		const refusal = new Refusal(problem);
		Object.assign(refusal.problem, problem);
		return refusal;
	}
}

/** There is none, or it is another user's, which is the same to whoever asks. */
export function notFound(what: string): Refusal {
	return new Refusal({ status: 404, kind: "not-found", title: `There is no such ${what}` });
}

/** Most errors of one request that are told. */
export const MOST_ERRORS = 100;

/** @param errors what is wrong in the request's body, each by its JSON pointer */
export function invalid(errors: NonNullable<Problem["errors"]>): Refusal {
	const title = "The request is not valid";
	return new Refusal({ status: 422, kind: "invalid", title, errors: errors.slice(0, MOST_ERRORS) });
}

/** The same by what a schema finds wrong in it. */
export function invalidBy({ issues }: z.ZodError): Refusal {
	return invalid(issues.map(({ path, message }) => ({ at: path.map((part) => `/${String(part)}`).join(""), message })));
}

export function tooMany(kind: string, title: string, detail: string, retryAfter: number): Refusal {
	return new Refusal({ status: 429, kind, title, detail, headers: { "retry-after": String(retryAfter) } });
}

export function stopping(): Refusal {
	const detail = "Another try in some seconds may find it running again";
	const title = "The service is stopping";
	return new Refusal({ status: 503, kind: "stopping", title, detail, headers: { "retry-after": "10" } });
}

export function storageAway(): Refusal {
	const detail = "The store that has the file does not answer. Another try in some seconds may find it";
	const title = "The file cannot be read now";
	return new Refusal({ status: 503, kind: "storage-away", title, detail, headers: { "retry-after": "5" } });
}

export function databaseAway(): Refusal {
	const detail = "What was asked for may be done or not. Another try in some seconds may find it back";
	const title = "The database does not answer";
	return new Refusal({ status: 503, kind: "database", title, detail, headers: { "retry-after": "5" } });
}
