import { at } from "./base.ts";
import { Failure, failureOf, NO_ANSWER, UNAUTHORIZED } from "./failure.ts";
import type { Service } from "./service.ts";
import { waiting } from "./waiting.svelte.ts";

let signedOut: () => void = () => {};

type Method = "GET" | "POST" | "PATCH" | "DELETE";
interface Sent {
	json?: unknown;
	file?: { type: string; body: Blob };
	headers?: Record<string, string>;
	signal?: AbortSignal;
	/** Lets the request outlive the page. */
	keepalive?: boolean;
}

async function send(method: Method, path: string, { json, file, ...rest }: Sent = {}): Promise<Response> {
	const headers = new Headers(rest.headers);
	if (json !== undefined) headers.set("content-type", "application/json");
	if (file) headers.set("content-type", file.type);
	const body = file?.body ?? (json === undefined ? null : JSON.stringify(json));
	let response: Response;
	try {
		response = await waiting.for(fetch(at(path), { ...rest, method, headers, body }));
	} catch (error) {
		if (rest.signal?.aborted) throw error;
		throw new Failure("The service is out of reach", NO_ANSWER, "Check the connection; then try again.");
	}
	if (response.status === UNAUTHORIZED) signedOut();
	if (!response.ok) throw await failureOf(response);
	return response;
}

/** The service's answers are trusted: it checks them by the same schemas that the types come from. */
async function call<Answer>(method: Method, path: string, sent?: Sent): Promise<Answer> {
	const response = await send(method, `/api${path}`, sent);
	return (response.status === 204 ? undefined : await response.json()) as Answer;
}

const history = (id: string) => `/histories/${encodeURIComponent(id)}`;
const entry = (historyId: string, id: string) => `${history(historyId)}/entries/${encodeURIComponent(id)}`;
const job = (id: string) => `/jobs/${encodeURIComponent(id)}`;

/** Each route of the server, by what it does; the interface says what each takes and gives. */
export const httpService: Service = {
	session: () => call("GET", "/session"),
	signOut: () => call("DELETE", "/session"),
	signIn: (token) => call("POST", "/session", { json: { token } }),
	whenSignedOut: (act) => {
		signedOut = act;
	},
	models: () => call("GET", "/models"),
	samples: () => call("GET", "/samples"),

	histories: () => call("GET", "/histories"),
	createHistory: (json) => call("POST", "/histories", { json }),
	history: (id) => call("GET", history(id)),
	renameHistory: (id, name) => call("PATCH", history(id), { json: { name } }),
	deleteHistory: (id, keepalive = false) => call("DELETE", history(id), { keepalive }),
	addEntries: (id, items) => call("POST", `${history(id)}/entries`, { json: { items } }),
	importEntries: (id, file) => call("POST", `${history(id)}/import`, { file }),
	caption: (body) => call("POST", "/captions", { file: { type: body.type, body } }),
	changeEntry: (id, entryId, json) => call("PATCH", entry(id, entryId), { json }),
	deleteEntry: (id, entryId, keepalive = false) => call("DELETE", entry(id, entryId), { keepalive }),
	similar: (id, entryId, model, signal) =>
		call("GET", `${entry(id, entryId)}/similar?${new URLSearchParams({ model, limit: "5" })}`, {
			signal,
		}),

	namedProfiles: () => call("GET", "/named-profiles"),
	createNamedProfile: (json) => call("POST", "/named-profiles", { json }),
	changeNamedProfile: (id, json) => call("PATCH", `/named-profiles/${encodeURIComponent(id)}`, { json }),
	deleteNamedProfile: (id) => call("DELETE", `/named-profiles/${encodeURIComponent(id)}`),

	submit: (json, key) => call("POST", "/jobs", { json, headers: { "idempotency-key": key } }),
	jobs: (limit, before) =>
		call("GET", `/jobs?${new URLSearchParams({ limit: String(limit), ...(before && { before }) })}`),
	job: (id) => call("GET", job(id)),
	cancelJob: (id) => call("POST", `${job(id)}/cancel`),
	deleteJob: (id, keepalive = false) => call("DELETE", job(id), { keepalive }),

	profile: (id) => call("GET", `/profiles/${encodeURIComponent(id)}`),
	profileFile: (id) => at(`/api/profiles/${encodeURIComponent(id)}/file`),
	pictureFile: (url) => at(url),
	pictureAs: async (url, format) => (await send("GET", url.replace(/png$/, format === "jpeg" ? "jpg" : format))).blob(),
	picture: async (url) => new Uint8Array(await (await send("GET", `${url}?parameters=full`)).arrayBuffer()),
};
