import { CHAT_ENDPOINT_OPTIONS, ChatEndpoint, type ChatEndpointOptions } from "@drum/hub";
import { checkNames, FileError } from "@drum/tensor";
import { type ChatMessage, ChatRecording, type ChatRequest, keyOf } from "./chat-recording.ts";

/** A language model that answers a conversation: `ChatClient` is one. */
export interface ChatModel {
	complete(messages: readonly ChatMessage[], options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
}

export interface ChatOptions extends ChatEndpointOptions {
	/** JSONL file in which every call is recorded, and from which a recorded one is answered; made if need be. */
	readonly recording: string;
	/** Default `"gpt-4o"`, as in the paper (5.3). */
	readonly model?: string | undefined;
	/** Answers from the recording alone, and asks nobody. Default false. */
	readonly replayOnly?: boolean | undefined;
}

/** Asks a language model at temperature 0, and records every call: a run can be repeated without a key, to the letter. */
export class ChatClient implements ChatModel {
	readonly #recording: ChatRecording;
	readonly #endpoint: ChatEndpoint;
	readonly #replayOnly: boolean;

	private constructor(recording: ChatRecording, endpoint: ChatEndpoint, replayOnly: boolean) {
		this.#recording = recording;
		this.#endpoint = endpoint;
		this.#replayOnly = replayOnly;
	}

	/** @throws FileError where the recording cannot be read, or is none; ArgumentError for an address, a key or a time limit that is none. */
	static async open(options: ChatOptions): Promise<ChatClient> {
		checkNames("ChatClient.open", options, [...CHAT_ENDPOINT_OPTIONS, "recording", "replayOnly"]);
		const endpoint = new ChatEndpoint(options);
		return new ChatClient(await ChatRecording.open(options.recording), endpoint, options.replayOnly ?? false);
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
		const request: ChatRequest = { model: this.#endpoint.model, temperature: 0, messages };
		const recorded = this.#recording.find(request);
		if (recorded) return recorded.content;
		if (this.#replayOnly) throw this.#missing(request);
		const next = "Check the server and run this again: recorded calls are not made again";
		const answer = await this.#endpoint.ask({ temperature: 0, messages }, { next, signal });
		return (await this.#recording.add(request, answer)).content;
	}

	#missing(request: ChatRequest): FileError {
		const asked = request.messages.at(-1)?.content.replace(/\s+/g, " ") ?? "";
		const words = asked.length > 160 ? `${asked.slice(0, 60)} … ${asked.slice(-100)}` : asked;
		return new FileError({
			what: `recording ${this.#recording.path}`,
			expected: `call ${keyOf(request).slice(0, 12)} to ${request.model}: "${words}"`,
			found: `${this.#recording.size} other calls`,
			next: "Make this run once without replayOnly, with a key: it records what is missing",
		});
	}
}
