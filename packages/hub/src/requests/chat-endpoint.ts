import { ArgumentError, DownloadError, namesOf, printable, shown } from "@drum/tensor";
import { gaveUp, retrying } from "../retry.ts";
import { AnswerError } from "./answer-error.ts";
import { fetchJson } from "./fetch-json.ts";
import { Refusal } from "./refusal.ts";
import { checkKey, withoutSecret } from "./secret.ts";
import { serverAddress } from "./server-address.ts";

/** How a server with OpenAI's chat interface is asked. */
export interface ChatEndpointOptions {
	/** Default `"gpt-4o"`. */
	readonly model?: string | undefined;
	/** Of any server with OpenAI's interface. Default the environment's `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
	readonly baseUrl?: string | undefined;
	/** Default the environment's `OPENAI_API_KEY`; `""` for none. A server of your own may need none. It is in no message and no log. */
	readonly apiKey?: string | undefined;
	/** Milliseconds for one attempt, its whole answer. Default 120,000. */
	readonly timeout?: number | undefined;
}

export const CHAT_ENDPOINT_OPTIONS = namesOf<ChatEndpointOptions>({
	model: true,
	baseUrl: true,
	apiKey: true,
	timeout: true,
});

/** A part of a message: words, or a picture as a `data:` URL. */
export type ChatPart =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** A conversation, with what else OpenAI's interface takes. */
export interface ChatQuestion {
	readonly messages: readonly { readonly role: string; readonly content: string | readonly ChatPart[] }[];
	readonly temperature?: number | undefined;
}

export interface ChatReply {
	readonly content: string;
	/** The version that answered, as `gpt-4o-2024-08-06`. */
	readonly model: string | undefined;
}

const OPENAI = "https://api.openai.com/v1";
/** A longer one fires at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** A model behind OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat/create */
export class ChatEndpoint {
	readonly model: string;
	/** The model and its server, for messages. */
	readonly name: string;
	readonly #baseUrl: string;
	readonly #apiKey: string | undefined;
	readonly #timeout: number;

	/** @throws ArgumentError for an address, a key or a time limit that is none. */
	constructor(options: ChatEndpointOptions = {}) {
		const env = globalThis.process?.env ?? {};
		const { model = "gpt-4o", timeout = 120_000 } = options;
		this.model = model;
		this.#baseUrl = serverAddress("baseUrl", (options.baseUrl ?? env.OPENAI_BASE_URL) || OPENAI);
		this.#apiKey = checkKey("apiKey", options.apiKey ?? env.OPENAI_API_KEY);
		this.#timeout = timeout;
		if (!(Number.isSafeInteger(timeout) && timeout >= 1 && timeout <= LONGEST_TIMEOUT)) {
			const expected = `milliseconds, from 1 to ${LONGEST_TIMEOUT}`;
			throw new ArgumentError({ what: "timeout", expected, found: shown(timeout) });
		}
		this.name = `${model} at ${this.#baseUrl}`;
	}

	/** @throws ArgumentError where OpenAI's own server is to be asked without a key. */
	needKey(): void {
		if (this.#apiKey !== undefined || this.#baseUrl !== OPENAI) return;
		const next = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none";
		throw new ArgumentError({ what: "apiKey", expected: `a key, to ask ${this.model}`, found: "none", next });
	}

	/**
	 * The model's answer. What may pass is tried up to five times.
	 * @param next what to do where the server gives no answer
	 * @throws ArgumentError as `needKey`; DownloadError where the server gives no answer, refuses the call or says what is no answer;
	 * AnswerError where the model refuses, or says nothing; the signal's reason. No message has the key.
	 */
	async ask(
		question: ChatQuestion,
		{ next, signal }: { next: string; signal?: AbortSignal | undefined },
	): Promise<ChatReply> {
		signal?.throwIfAborted();
		this.needKey();
		const answer = await this.#post(JSON.stringify({ model: this.model, ...question }), next, signal);
		const message = messageIn(answer);
		if (!message) {
			const found = this.#told(JSON.stringify(answer));
			throw new DownloadError({ what: this.name, expected: "choices[0].message.content", found });
		}
		const { content, refusal } = message;
		if (content?.trim()) return { content, model: textIn(answer, "model") };
		const found = refusal ? `a refusal: ${this.#told(refusal)}` : "an empty one";
		throw new AnswerError({ what: `the answer of ${this.name}`, expected: "a text", found });
	}

	async #post(body: string, next: string, signal: AbortSignal | undefined): Promise<unknown> {
		const secret = this.#apiKey;
		const headers = { "content-type": "application/json", ...(secret && { authorization: `Bearer ${secret}` }) };
		const url = new URL(`${this.#baseUrl}/chat/completions`);
		const post = () => fetchJson({ url, method: "POST", headers, body, secret, timeout: this.#timeout, signal });
		try {
			return await retrying(post, { signal });
		} catch (error) {
			if (!(error instanceof Refusal)) throw gaveUp(error, { what: this.name, next });
			const key = error.status === 401 && { next: "Set OPENAI_API_KEY to a valid key" };
			throw new DownloadError({ what: this.name, found: error.message, ...key, cause: error });
		}
	}

	#told(text: string): string {
		return printable(withoutSecret(text, this.#apiKey), { most: 200 });
	}
}

/** What `choices[0].message` says; undefined where the answer is of another kind. */
function messageIn(answer: unknown): { content: string | undefined; refusal: string | undefined } | undefined {
	const choices: unknown = Object(answer).choices;
	const message: unknown = Array.isArray(choices) ? Object(choices[0]).message : undefined;
	if (typeof message !== "object" || message === null) return undefined;
	const { content } = message as { content?: unknown };
	if (content !== undefined && content !== null && typeof content !== "string") return undefined;
	return { content: textIn(message, "content"), refusal: textIn(message, "refusal") };
}

function textIn(object: unknown, name: string): string | undefined {
	const value: unknown = Object(object)[name];
	return typeof value === "string" ? value : undefined;
}
