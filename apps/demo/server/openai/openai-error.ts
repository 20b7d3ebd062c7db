import * as z from "zod";
import type { Written } from "../answer-refusals.ts";
import type { Refusal } from "../refusal.ts";

/** What OpenAI's interface answers a refused request with. */
const OpenAIError = z.object({
	error: z.object({
		message: z.string(),
		type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]),
		/** The parameter that is wrong. */
		param: z.string().nullable(),
		code: z.string().nullable(),
	}),
});
type OpenAIError = z.infer<typeof OpenAIError>;

/** Parameters under which this service's own names are asked for here. */
const PARAMETERS: Readonly<Record<string, string>> = {
	"/width": "size",
	"/height": "size",
	"/historyId": "profile.history_id",
};
/** What OpenAI's clients know under a name of theirs. */
const CODES: Readonly<Record<string, string>> = {
	"sign-in": "invalid_api_key",
	token: "invalid_api_key",
	invalid: "invalid_value",
};

/** A refusal as OpenAI's clients read it. */
export function asOpenAIError({ problem }: Refusal): Written {
	const { title, detail, errors = [] } = problem;
	const at = (pointer: string) => PARAMETERS[pointer] ?? pointer.replace(/^\//, "").replaceAll("/", ".");
	const kind = /^urn:drum:problem:(.+)$/.exec(problem.type)?.[1];
	const details = detail ?? errors.map((error) => [at(error.at), error.message].filter(Boolean).join(": ")).join("; ");
	const error: OpenAIError["error"] = {
		message: details === "" ? title : `${title}: ${details}`,
		type: typeOf(problem.status),
		param: (errors[0] && at(errors[0].at)) || null,
		code: kind === undefined ? null : (CODES[kind] ?? kind.replaceAll("-", "_")),
	};
	// They know no 422: what is wrong with a request is 400.
	const status = problem.status === 422 ? 400 : problem.status;
	return { status, type: "application/json; charset=utf-8", body: { error } satisfies OpenAIError };
}

function typeOf(status: number): OpenAIError["error"]["type"] {
	if (status === 429) return "rate_limit_error";
	return status >= 500 ? "server_error" : "invalid_request_error";
}

/** Refusals for a route's `response` schemas; as a type nothing, since handlers throw them. */
export function openAIErrors(): object {
	return { "4xx": OpenAIError, "5xx": OpenAIError };
}
