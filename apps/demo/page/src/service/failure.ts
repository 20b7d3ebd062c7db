import type { Problem } from "../../../api/index.ts";

/** The status of a request that got no answer. */
export const NO_ANSWER = 0;
/** The status of a request whose session is not known (any more). */
export const UNAUTHORIZED = 401;

/** Why a request failed, in words for the person at the page. */
export class Failure extends Error {
	override readonly name = "Failure";
	readonly status: number;
	readonly detail: string | undefined;
	/** When another try makes sense, by `performance.now()`, as clocks are set meanwhile; the service asks for it when it is busy. */
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
	const wait = retryAfter(response.headers.get("retry-after"), Date.now());
	const retryAt = wait === undefined ? undefined : performance.now() + wait;
	if (problem) return failureOfProblem(problem, retryAt);
	return new Failure("The service could not answer", response.status, `It said ${response.status}.`, retryAt);
}

/** The same in the words of the page: the service speaks of requests and tokens, as programs know them. */
export function failureOfProblem(problem: Problem, retryAt?: number): Failure {
	const title = TITLES[problem.title] ?? problem.title;
	return new Failure(title, problem.status, detailOf(problem), retryAt);
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

const TITLES: Readonly<Record<string, string>> = {
	"The request is not valid": "The service cannot take this as it is",
	"Internal Server Error": "Something went wrong in the service",
	"Service Unavailable": "The service cannot answer at the moment",
};

/** Fields of requests as the page calls them. */
const FIELDS: Readonly<Record<string, string>> = {
	...{ prompt: "Prompt", negativePrompt: "Negative prompt", seed: "Seed", scheduler: "Scheduler", model: "Model" },
	...{ numInferenceSteps: "Steps", guidanceScale: "Guidance", width: "Width", height: "Height" },
	...{
		alphas: "Personalisation",
		historyId: "History",
		ratio: "Keep",
		size: "Keep",
		name: "Name",
		intensity: "Rating",
	},
};

/** Most of what is wrong that is shown: whoever mends the first lines knows what to look for. */
const MOST_SHOWN = 5;

/** A problem's detail, and what is wrong, a line each. */
function detailOf({ detail, errors = [] }: Problem): string | undefined {
	const lines = errors.slice(0, MOST_SHOWN).map(({ at, message }) => sentence([placeOf(at), message]));
	if (errors.length > MOST_SHOWN) lines.push(`And ${errors.length - MOST_SHOWN} more.`);
	return [detail && sentence([detail]), ...lines].filter(Boolean).join("\n") || undefined;
}

/** `/items/3/prompt` is the prompt of the fourth item; a line of a file stays what it is. */
function placeOf(at: string): string {
	if (!/^\/|^\w+$/.test(at)) return at;
	const parts = at.split("/").filter(Boolean);
	const number = parts.find((part) => /^\d+$/.test(part));
	const field = FIELDS[parts.at(-1) ?? ""] ?? parts.filter((part) => !/^\d+$/.test(part)).join(" ");
	return number === undefined || parts[0] !== "items" ? field : `${field} ${Number(number) + 1}`;
}

/** Parts joined by a colon, from a capital letter to a full stop. */
function sentence(parts: readonly string[]): string {
	const text = parts.filter(Boolean).join(": ");
	return text.slice(0, 1).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

/** Milliseconds to wait: `Retry-After` is a number of seconds or a date (RFC 9110). */
export function retryAfter(header: string | null, now: number): number | undefined {
	if (header === null) return undefined;
	const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
	return Number.isNaN(wait) ? undefined : wait;
}

async function problemOf(response: Response): Promise<Problem | undefined> {
	if (!response.headers.get("content-type")?.includes("problem+json")) return undefined;
	return response.json().catch(() => undefined);
}
