import { fetchJson, Refusal, retried } from "@drum/hub";
import { ArgumentError, checkNames, DownloadError, FileError, namesOf, printable, shown } from "@drum/tensor";
import * as z from "zod";
import { AnswerError } from "./answer-error.ts";
import { type ChatAnswer, type ChatMessage, ChatRecording, type ChatRequest, keyOf } from "./chat-recording.ts";

/** A language model that answers a conversation: `ChatClient` is one. */
export interface ChatModel {
	complete(messages: readonly ChatMessage[], options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
}

export interface ChatOptions {
	/** JSONL file in which every call is recorded, and from which a recorded one is answered; made if need be. */
	readonly recording: string;
	/** Default `"gpt-4o"`, as in the paper (5.3). */
	readonly model?: string;
	/** Of any server with OpenAI's interface. Default the environment's `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
	readonly baseUrl?: string | undefined;
	/** Default the environment's `OPENAI_API_KEY`. A server of your own may need none, and a replay never does. */
	readonly apiKey?: string | undefined;
	/** Answers from the recording alone, and asks nobody. Default false. */
	readonly replayOnly?: boolean;
	/** Milliseconds for one attempt, its whole answer. Default 120,000. */
	readonly timeout?: number;
}

const OPTIONS = namesOf<ChatOptions>({
	recording: true,
	model: true,
	baseUrl: true,
	apiKey: true,
	replayOnly: true,
	timeout: true,
});

/** https://platform.openai.com/docs/api-reference/chat/create */
const ANSWER = z.object({
	model: z.string().optional(),
	choices: z.tuple([z.object({ message: z.object({ content: z.string().nullish() }) })], z.unknown()),
});

const OPENAI = "https://api.openai.com/v1";

/** Asks a language model at temperature 0, and records every call: a run can be repeated without a key, to the letter. */
export class ChatClient implements ChatModel {
	readonly #recording: ChatRecording;
	readonly #model: string;
	readonly #baseUrl: string;
	readonly #apiKey: string | undefined;
	readonly #replayOnly: boolean;
	readonly #timeout: number;

	private constructor(recording: ChatRecording, options: ChatOptions) {
		this.#recording = recording;
		this.#model = options.model ?? "gpt-4o";
		this.#baseUrl = (options.baseUrl ?? (process.env.OPENAI_BASE_URL || OPENAI)).replace(/\/+$/, "");
		this.#apiKey = options.apiKey ?? (process.env.OPENAI_API_KEY || undefined);
		this.#replayOnly = options.replayOnly ?? false;
		this.#timeout = options.timeout ?? 120_000;
	}

	/** @throws FileError where the recording cannot be read, or is none; ArgumentError for a timeout that is none. */
	static async open(options: ChatOptions): Promise<ChatClient> {
		checkNames("ChatClient.open", options, OPTIONS);
		const { timeout = 1 } = options;
		if (!(Number.isSafeInteger(timeout) && timeout >= 1)) {
			throw new ArgumentError({ what: "timeout", expected: "milliseconds, from 1", found: shown(timeout) });
		}
		return new ChatClient(await ChatRecording.open(options.recording), options);
	}

	/**
	 * The model's answer, from the recording where it has this call.
	 * @throws FileError naming a call that is not recorded, where none may be made, or a recording that cannot be written;
	 * ArgumentError where OpenAI is to be asked without a key; DownloadError where the server gives no answer in five attempts,
	 * refuses the call, or says what is no answer, AnswerError where the model says nothing; the signal's reason.
	 */
	async complete(
		messages: readonly ChatMessage[],
		{ signal }: { readonly signal?: AbortSignal | undefined } = {},
	): Promise<string> {
		signal?.throwIfAborted();
		const request: ChatRequest = { model: this.#model, temperature: 0, messages };
		const recorded = this.#recording.find(request);
		if (recorded) return recorded.content;
		if (this.#replayOnly) throw this.#missing(request);
		const answer = await this.#ask(request, signal);
		return (await this.#recording.add(request, answer)).content;
	}

	async #ask(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatAnswer> {
		if (this.#apiKey === undefined && this.#baseUrl === OPENAI) {
			const next = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none";
			throw new ArgumentError({ what: "apiKey", expected: `a key, to ask ${this.#model}`, found: "none", next });
		}
		const what = `${this.#model} at ${this.#baseUrl}`;
		const next = "Check the server and run this again: recorded calls are not made again";
		const answer = await retried(() => this.#post(request, what, signal), { what, next, signal });
		const { data, error } = ANSWER.safeParse(answer);
		if (!data) {
			throw new DownloadError({ what, expected: "choices[0].message.content", found: text(answer), cause: error });
		}
		const { content } = data.choices[0].message;
		if (!content?.trim()) {
			throw new AnswerError({ what: `answer of ${what}`, expected: "a text", found: text(answer) });
		}
		return { content, model: data.model };
	}

	async #post(request: ChatRequest, what: string, signal: AbortSignal | undefined): Promise<unknown> {
		const authorization = this.#apiKey === undefined ? undefined : `Bearer ${this.#apiKey}`;
		try {
			return await fetchJson({
				url: new URL(`${this.#baseUrl}/chat/completions`),
				method: "POST",
				headers: { "content-type": "application/json", ...(authorization && { authorization }) },
				body: JSON.stringify(request),
				timeout: this.#timeout,
				signal,
			});
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			const next = error.status === 401 ? "Set OPENAI_API_KEY to a valid key" : undefined;
			throw new DownloadError({ what, found: error.message, ...(next && { next }), cause: error });
		}
	}

	#missing(request: ChatRequest): FileError {
		const asked = request.messages.at(-1)?.content.replace(/\s+/g, " ") ?? "";
		const words = asked.length > 160 ? `${asked.slice(0, 60)} … ${asked.slice(-100)}` : asked;
		return new FileError({
			what: `recording ${this.#recording.path}`,
			expected: `call ${keyOf(request).slice(0, 12)} to ${this.#model}: "${words}"`,
			found: `${this.#recording.size} other calls`,
			next: "Make this run once without replayOnly, with a key: it records what is missing",
		});
	}
}

function text(answer: unknown): string {
	return printable(JSON.stringify(answer), { most: 200 });
}
