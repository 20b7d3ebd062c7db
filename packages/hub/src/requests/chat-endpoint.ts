import { ArgumentError, DownloadError, namesOf, printable, shown } from "@drum/tensor";
import { gaveUp, retrying } from "../retry.ts";
import { AnswerError } from "./answer-error.ts";
import { fetchJson } from "./fetch-json.ts";
import { Refusal } from "./refusal.ts";
import { checkKey, withoutSecret } from "./secret.ts";
import { serverAddress } from "./server-address.ts";

/** Which server with OpenAI's chat interface to ask, and how. */
export interface ChatEndpointOptions {
	/** The model's name. Default `"gpt-4o"`. */
	readonly model?: string | undefined;
	/** Address of any server with OpenAI's interface. Default `OPENAI_BASE_URL` of the environment, else `https://api.openai.com/v1`. */
	readonly baseUrl?: string | undefined;
	/** Default `OPENAI_API_KEY` of the environment; `""` for none, if your own server needs none. It appears in no message and no log. */
	readonly apiKey?: string | undefined;
	/** Milliseconds for the whole answer of one attempt. Default 120,000. */
	readonly timeout?: number | undefined;
}

/** The names of all `ChatEndpointOptions`. */
export const CHAT_ENDPOINT_OPTIONS = namesOf<ChatEndpointOptions>({
	model: true,
	baseUrl: true,
	apiKey: true,
	timeout: true,
});

/** A part of a message: text, or a picture as a `data:` URL. */
export type ChatPart =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** A conversation, and other parameters of OpenAI's interface. */
export interface ChatQuestion {
	readonly messages: readonly { readonly role: string; readonly content: string | readonly ChatPart[] }[];
	readonly temperature?: number | undefined;
}

/** The model's answer. */
export interface ChatReply {
	readonly content: string;
	/** The model version that answered, such as `gpt-4o-2024-08-06`; undefined if the server does not say. */
	readonly model: string | undefined;
}

const OPENAI = "https://api.openai.com/v1";
/** In milliseconds; a longer timer would fire at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** A model behind OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat/create */
export class ChatEndpoint {
	readonly model: string;
	/** The model and its server, for messages. */
	readonly name: string;
	readonly #baseUrl: string;
	readonly #apiKey: string | undefined;
	readonly #timeout: number;

	/** @throws ArgumentError for an invalid address, key or time limit */
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

	/** Checks that there is a key if the server needs one. @throws ArgumentError if OpenAI's own server would be asked without a key */
	needKey(): void {
		if (this.#apiKey !== undefined || this.#baseUrl !== OPENAI) return;
		const next = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none";
		throw new ArgumentError({ what: "apiKey", expected: `a key, to ask ${this.model}`, found: "none", next });
	}

	/**
	 * Asks the model. Tries up to five times if a failure may not last.
	 * @param next what the user can do if the server gives no answer, for the error
	 * @throws ArgumentError as `needKey`
	 * @throws DownloadError if the server gives no answer, refuses the call, or answers in another form
	 * @throws AnswerError if the model refuses or says nothing
	 * @throws the signal's reason
	 *
	 * No message contains the key.
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
			const mend = "Check that baseUrl is a server with OpenAI's chat interface";
			throw new DownloadError({ what: this.name, expected: "choices[0].message.content", found, next: mend });
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

/** The content of `choices[0].message`; undefined if the answer has another form. */
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
