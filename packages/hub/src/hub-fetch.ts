import { LARGEST_TEXT } from "@drum/tensor";
import { REDIRECT } from "./environment.ts";
import { type ErrorBody, errorBody, failureOf, statusFailure } from "./http-failures.ts";
import { malformed } from "./hub-failures.ts";
import { environmentFetch } from "./proxy.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { Interruption } from "./retry.ts";
import type { HubSettings } from "./settings.ts";
import { timedBody } from "./timed-body.ts";

/** Limit of requests for one question: pages of a list, with 1,000 files each. */
const MOST_REQUESTS = 2_000;
const MOST_REDIRECTS = 10;
/** Milliseconds after which a wait is reported. */
const TOLD_AFTER = 3_000;
/** How many times longer an answer may take as a whole than until it begins. */
const SLOWEST = 10;

interface Rules {
	/** Milliseconds until the answer must begin, and that it may pass without a byte. */
	limit: number;
	/** Milliseconds for the whole answer. */
	whole?: number;
	visit?: (url: URL) => void;
	count?: (bytes: number) => void;
}

/**
 * Requests to one hub, each with a time limit. The access token is sent only to the hub's own origin, because redirects and links in its
 * answers may lead anywhere. If the hub refuses the token, public files are read without it.
 */
export class HubFetch {
	readonly #settings: HubSettings;
	readonly #origin: string;
	readonly #fetch: typeof fetch;
	readonly #signal: AbortSignal | undefined;
	readonly #options: RepositoryOptions;
	#sendsToken = true;

	constructor(settings: HubSettings, options: RepositoryOptions) {
		this.#settings = settings;
		this.#origin = new URL(settings.endpoint).origin;
		this.#fetch = options.fetch ?? environmentFetch;
		this.#signal = options.signal;
		this.#options = options;
	}

	/** A `fetch` for one question about a repository, with limits of bytes and pages. Throws for every answer that is not a success. */
	question(name: string): typeof fetch {
		const visited = new Set<string>();
		let bytes = 0;
		const rules: Rules = {
			limit: this.#settings.answerLimit,
			whole: SLOWEST * this.#settings.answerLimit,
			visit: ({ href }) => {
				if (visited.has(href)) throw malformed(name, "pages that end", "one that leads to itself");
				if (visited.add(href).size > MOST_REQUESTS) throw malformed(name, `at most ${MOST_REQUESTS} pages`, "more");
			},
			count: (more) => {
				bytes += more;
				if (bytes > LARGEST_TEXT) throw malformed(name, `at most ${LARGEST_TEXT} bytes`, "more");
			},
		};
		return async (input, init) => this.#strict(await this.#follow(input, init, rules));
	}

	/** A `fetch` for a file's bytes, without a limit. Throws for every answer that is not a success. */
	readonly content: typeof fetch = async (input, init) => {
		return this.#strict(await this.#follow(input, init, { limit: this.#settings.stallLimit }));
	};

	/** A `fetch` for the chunk store's client, which checks the status of an answer itself. */
	readonly chunks: typeof fetch = async (input, init) => {
		const answer = await this.#follow(input, init, { limit: this.#settings.stallLimit });
		if (answer.ok) return answer;
		const { message } = await this.#errorBody(answer);
		const { status, headers } = answer;
		const kept = [...headers].filter(([name]) => !/^content-/.test(name));
		return Response.json({ error: message }, { status, headers: kept });
	};

	async #strict(answer: Response): Promise<Response> {
		if (answer.ok) return answer;
		throw statusFailure(answer, await this.#errorBody(answer), this.#sendsToken && this.#isHub(answer.url));
	}

	#errorBody(answer: Response): Promise<ErrorBody> {
		return errorBody(answer, this.#settings.token?.value);
	}

	#isHub(url: string): boolean {
		return this.#settings.token !== undefined && URL.canParse(url) && new URL(url).origin === this.#origin;
	}

	/** Follows redirects itself, so that the rules apply to each of them. */
	async #follow(input: string | URL | Request, init: RequestInit | undefined, rules: Rules): Promise<Response> {
		let url = new URL(input instanceof Request ? input.url : input);
		const headers = new Headers(init?.headers);
		for (let step = 0; step <= MOST_REDIRECTS; step++) {
			if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username || url.password)
				throw malformed(this.#settings.endpoint, "links over http(s), without credentials", `one to ${url.protocol}`);
			rules.visit?.(url);
			const answer = await this.#authorized(url, { ...init, headers }, rules);
			const location = [301, 302, 303, 307, 308].includes(answer.status) ? answer.headers.get("location") : null;
			// In a browser, which follows redirects itself, the answer may come from another address.
			if (location === null) return this.#timed(answer, URL.parse(answer.url) ?? url, rules);
			await answer.body?.cancel().catch(() => {});
			if (!URL.canParse(location, url.href)) throw malformed(this.#settings.endpoint, "a redirect's URL", location);
			const next = new URL(location, url);
			if (next.origin !== url.origin) headers.delete("authorization");
			url = next;
		}
		throw malformed(this.#settings.endpoint, `at most ${MOST_REDIRECTS} redirects`, "more");
	}

	async #authorized(url: URL, init: RequestInit & { headers: Headers }, rules: Rules): Promise<Response> {
		const { token } = this.#settings;
		if (!token || !this.#sendsToken || url.origin !== this.#origin) return this.#begun(url, init, rules);
		const headers = new Headers(init.headers);
		headers.set("authorization", `Bearer ${token.value}`);
		const answer = await this.#begun(url, { ...init, headers }, rules);
		if (answer.status !== 401 && answer.status !== 403) return answer;
		const plain = await this.#begun(url, init, rules);
		const [taken, other] = plain.status < 400 ? [plain, answer] : [answer, plain];
		await other.body?.cancel().catch(() => {});
		if (taken === plain) {
			this.#sendsToken = false;
			this.#options.onWarning?.({
				code: "token-refused",
				what: token.from,
				message: `${url.host} refuses the access token of ${token.from} (HTTP ${answer.status}), and was read without it. Renew it, or unset it.`,
			});
		}
		return taken;
	}

	/** Sends one request and waits until its answer begins. */
	async #begun(url: URL, init: RequestInit, { limit }: Rules): Promise<Response> {
		const late = new AbortController();
		const timers = [setTimeout(() => late.abort(), limit), this.#tell(`an answer from ${url.host}`, limit)];
		const signal = this.#signal ? AbortSignal.any([this.#signal, late.signal]) : late.signal;
		try {
			return await this.#fetch(url, { ...init, redirect: REDIRECT, signal });
		} catch (error) {
			this.#signal?.throwIfAborted();
			if (!late.signal.aborted) throw failureOf(error, url.host);
			throw new Interruption(`no answer from ${url.host} in ${limit / 1000} s`, { silent: true });
		} finally {
			timers.forEach(clearTimeout);
		}
	}

	#timed(answer: Response, url: URL, { limit, whole, count }: Rules): Response {
		if (answer.body === null) return withUrl(answer, url);
		const body = timedBody(answer.body, {
			...{ stall: limit, whole, count, host: url.host },
			tell: () => this.#tell(`more bytes from ${url.host}`, limit),
			failed: (error) => {
				this.#signal?.throwIfAborted();
				return failureOf(error, url.host);
			},
		});
		const { status, statusText, headers } = answer;
		return withUrl(new Response(body, { status, statusText, headers }), url);
	}

	#tell(what: string, limit: number): ReturnType<typeof setTimeout> {
		const milliseconds = Math.max(limit - TOLD_AFTER, 0);
		return setTimeout(() => this.#options.onWait?.({ what, milliseconds }), TOLD_AFTER);
	}
}

/** Sets the URL, which a response made with `new Response` lacks. */
function withUrl(response: Response, { href }: URL): Response {
	return Object.defineProperty(response, "url", { value: href });
}
