import type {
	AddedEntries,
	History,
	HistorySummary,
	Item,
	Job,
	JobPage,
	Model,
	NewHistory,
	NewJob,
	ProfileView,
	Sample,
	Session,
	SimilarEntries,
} from "../../../api/index.ts";
import { at } from "./base.ts";
import { Failure, failureOf, NO_ANSWER, UNAUTHORIZED } from "./failure.ts";
import type { SentFile, Service } from "./service.ts";
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

/** Each route of the server, by what it does. */
export const httpService: Service = {
	session: () => call<Session>("GET", "/session"),
	signOut: () => call<void>("DELETE", "/session"),
	signIn: (token: string) => call<Session>("POST", "/session", { json: { token } }),
	whenSignedOut: (act) => {
		signedOut = act;
	},
	models: () => call<Model[]>("GET", "/models"),
	samples: () => call<Sample[]>("GET", "/samples"),

	histories: () => call<HistorySummary[]>("GET", "/histories"),
	createHistory: (json: NewHistory) => call<HistorySummary>("POST", "/histories", { json }),
	history: (id: string) => call<History>("GET", history(id)),
	renameHistory: (id: string, name: string) => call<void>("PATCH", history(id), { json: { name } }),
	deleteHistory: (id: string, keepalive = false) => call<void>("DELETE", history(id), { keepalive }),
	addEntries: (id: string, items: Item[]) => call<void>("POST", `${history(id)}/entries`, { json: { items } }),
	importEntries: (id: string, file: SentFile) => call<AddedEntries>("POST", `${history(id)}/import`, { file }),
	changeEntry: (id: string, entryId: string, json: Partial<Item>) => call<void>("PATCH", entry(id, entryId), { json }),
	deleteEntry: (id: string, entryId: string, keepalive = false) =>
		call<void>("DELETE", entry(id, entryId), { keepalive }),
	similar: (id: string, entryId: string, model: string, signal: AbortSignal) =>
		call<SimilarEntries>("GET", `${entry(id, entryId)}/similar?${new URLSearchParams({ model, limit: "5" })}`, {
			signal,
		}),

	submit: (json: NewJob, key: string) => call<Job>("POST", "/jobs", { json, headers: { "idempotency-key": key } }),
	jobs: (limit: number, before?: string) =>
		call<JobPage>("GET", `/jobs?${new URLSearchParams({ limit: String(limit), ...(before && { before }) })}`),
	job: (id: string) => call<Job>("GET", job(id)),
	cancelJob: (id: string) => call<void>("POST", `${job(id)}/cancel`),
	deleteJob: (id: string, keepalive = false) => call<void>("DELETE", job(id), { keepalive }),

	profile: (id: string) => call<ProfileView>("GET", `/profiles/${encodeURIComponent(id)}`),
	profileFile: (id: string) => at(`/api/profiles/${encodeURIComponent(id)}/file`),
	pictureFile: (url: string) => at(url),
	picture: async (url: string) => new Uint8Array(await (await send("GET", `${url}?parameters=full`)).arrayBuffer()),
};
