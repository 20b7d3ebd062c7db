import type { Problem } from "../../../api/index.ts";

/** The status of a request that got no answer. */
export const NO_ANSWER = 0;

/** Why a request failed, in words for the person at the page. */
export class Failure extends Error {
	override readonly name = "Failure";
	readonly status: number;
	readonly detail: string | undefined;
	/** When another try makes sense, in milliseconds since 1970; the service asks for it when it is busy. */
	readonly retryAt: number | undefined;

	constructor(title: string, status: number, detail?: string, retryAt?: number) {
		super(title);
		this.status = status;
		this.detail = detail;
		this.retryAt = retryAt;
	}
}

/** What the service said, from its problem document where it sent one. */
export async function failureOf(response: Response): Promise<Failure> {
	const problem = await problemOf(response);
	const retryAt = retryTime(response.headers.get("retry-after"), Date.now());
	if (!problem)
		return new Failure("The service could not answer", response.status, `It said ${response.status}.`, retryAt);
	return new Failure(problem.title, response.status, detailOf(problem), retryAt);
}

/** Any thrown value as a Failure. */
export function asFailure(error: unknown): Failure {
	if (error instanceof Failure) return error;
	return new Failure(
		"Something went wrong in this page",
		NO_ANSWER,
		error instanceof Error ? error.message : String(error),
	);
}

/** A problem's detail, and the fields that are wrong. */
export function detailOf({ detail, errors = [] }: Problem): string | undefined {
	const fields = errors.map(({ at, message }) => `${at.replace(/^\//, "").replaceAll("/", " ")}: ${message}`);
	return [detail, ...fields].filter(Boolean).join("\n") || undefined;
}

/** `Retry-After` is a number of seconds or a date (RFC 9110). */
export function retryTime(header: string | null, now: number): number | undefined {
	if (header === null) return undefined;
	const time = /^\d+$/.test(header.trim()) ? now + Number(header) * 1000 : Date.parse(header);
	return Number.isNaN(time) ? undefined : time;
}

async function problemOf(response: Response): Promise<Problem | undefined> {
	if (!response.headers.get("content-type")?.includes("problem+json")) return undefined;
	return response.json().catch(() => undefined);
}
