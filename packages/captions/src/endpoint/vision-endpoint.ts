import type { Image } from "@drum/diffusion";
import { fetchJson, Refusal, retried } from "@drum/hub";
import { ArgumentError, checkNames, DownloadError, DrumError, namesOf, printable, shown } from "@drum/tensor";
import * as z from "zod";
import { sentPicture } from "./sent-picture.ts";

export interface VisionEndpointOptions {
	/** A model that sees pictures. Default `"gpt-4o"`. */
	readonly model?: string | undefined;
	/** Of any server with OpenAI's interface. Default the environment's `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
	readonly baseUrl?: string | undefined;
	/** Default the environment's `OPENAI_API_KEY`. A server of your own may need none. It is in no message and no log. */
	readonly apiKey?: string | undefined;
	/** Milliseconds for one attempt, its whole answer. Default 120,000. */
	readonly timeout?: number | undefined;
}

export const ENDPOINT_OPTIONS = namesOf<VisionEndpointOptions>({
	model: true,
	baseUrl: true,
	apiKey: true,
	timeout: true,
});

/** A part of what is asked, in its order: words, or a picture. */
export type VisionPart = string | Image;

const OPENAI = "https://api.openai.com/v1";

/** https://platform.openai.com/docs/api-reference/chat/create */
const ANSWER = z.object({
	choices: z.tuple(
		[z.object({ message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }) })],
		z.unknown(),
	),
});

/** A vision-language model behind OpenAI's chat interface. */
export class VisionEndpoint {
	/** The model and its server. */
	readonly name: string;
	readonly #model: string;
	readonly #baseUrl: string;
	readonly #apiKey: string | undefined;
	readonly #timeout: number;

	/** @throws ArgumentError for an address or a time limit that is none, and where OpenAI is to be asked without a key. */
	constructor(options: VisionEndpointOptions = {}) {
		checkNames("VisionEndpoint", options, ENDPOINT_OPTIONS);
		const env = globalThis.process?.env ?? {};
		this.#model = options.model ?? "gpt-4o";
		this.#baseUrl = addressOf(options.baseUrl ?? (env.OPENAI_BASE_URL || OPENAI));
		this.#apiKey = options.apiKey ?? (env.OPENAI_API_KEY || undefined);
		this.#timeout = options.timeout ?? 120_000;
		if (!(Number.isSafeInteger(this.#timeout) && this.#timeout >= 1))
			throw new ArgumentError({ what: "timeout", expected: "milliseconds, from 1", found: shown(this.#timeout) });
		if (this.#apiKey === undefined && this.#baseUrl === OPENAI) {
			const next = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none";
			throw new ArgumentError({ what: "apiKey", expected: `a key, to ask ${this.#model}`, found: "none", next });
		}
		this.name = `${this.#model} at ${this.#baseUrl}`;
	}

	/**
	 * The model's answer. Pictures are sent as pixels alone, at most 768 on a side. What may pass is tried up to five times.
	 * @throws DownloadError where the server gives no answer, refuses the call, says what is no answer, or the model says nothing; the
	 * signal's reason.
	 */
	async ask(parts: readonly VisionPart[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
		signal?.throwIfAborted();
		const content = [];
		for (const part of parts)
			content.push(
				typeof part === "string"
					? { type: "text", text: part }
					: { type: "image_url", image_url: { url: await sentPicture(part) } },
			);
		const body = JSON.stringify({ model: this.#model, messages: [{ role: "user", content }] });
		const answer = await this.#answer(body, signal);
		const { data, error } = ANSWER.safeParse(answer);
		if (!data) throw this.#failure(`an answer without choices[0].message: ${brief(answer)}`, error);
		const [{ message }] = data.choices;
		if (message.content?.trim()) return message.content;
		throw this.#failure(message.refusal ? `a refusal: ${brief(message.refusal)}` : "an empty answer");
	}

	async #answer(body: string, signal: AbortSignal | undefined): Promise<unknown> {
		const authorization = this.#apiKey === undefined ? undefined : `Bearer ${this.#apiKey}`;
		const url = new URL(`${this.#baseUrl}/chat/completions`);
		const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
		const post = () => fetchJson({ url, method: "POST", headers, body, timeout: this.#timeout, signal });
		const next = "Check the server and run this again: captions that are kept are not asked for again";
		try {
			return await retried(post, { what: this.name, next, signal });
		} catch (error) {
			signal?.throwIfAborted();
			if (error instanceof Refusal) {
				const key = error.status === 401 ? "Set OPENAI_API_KEY to a valid key" : undefined;
				throw this.#failure(error.message, undefined, key);
			}
			// Servers have been seen to say the key that they were given.
			if (DrumError.is(error) && this.#hasKey(error.message)) throw this.#failure(error.found ?? "", undefined, next);
			throw error;
		}
	}

	#failure(found: string, cause?: unknown, next?: string): DownloadError {
		const told = this.#hasKey(found) ? found.replaceAll(this.#apiKey!, "…") : found;
		return new DownloadError({ what: this.name, expected: "an answer", found: told, ...(next && { next }), cause });
	}

	#hasKey(text: string): boolean {
		return Boolean(this.#apiKey) && text.includes(this.#apiKey!);
	}
}

/** Without the slash at its end. A name and a password in it would be shown with it. */
function addressOf(address: string): string {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	const plain = url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
	if (plain) return address.replace(/\/+$/, "");
	const found = url?.username || url?.password ? "one with a name or a password" : shown(address);
	throw new ArgumentError({ what: "baseUrl", expected: "an http(s) address without a name and password", found });
}

function brief(answer: unknown): string {
	return printable(typeof answer === "string" ? answer : JSON.stringify(answer), { most: 200 });
}
