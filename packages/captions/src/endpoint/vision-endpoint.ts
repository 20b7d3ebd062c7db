import type { Image } from "@drum/diffusion";
import { CHAT_ENDPOINT_OPTIONS, ChatEndpoint, type ChatEndpointOptions, type ChatPart } from "@drum/hub";
import { checkNames } from "@drum/tensor";
import { sentPicture } from "./sent-picture.ts";

export interface VisionEndpointOptions extends ChatEndpointOptions {
	/** A model that sees pictures. Default `"gpt-4o"`. */
	readonly model?: string | undefined;
}

/** A part of what is asked, in its order: words, or a picture. */
export type VisionPart = string | Image;

/** A vision-language model behind OpenAI's chat interface. */
export class VisionEndpoint {
	/** The model and its server. */
	readonly name: string;
	readonly #endpoint: ChatEndpoint;

	/** @throws ArgumentError for an address, a key or a time limit that is none, and where OpenAI is to be asked without a key. */
	constructor(options: VisionEndpointOptions = {}) {
		checkNames("VisionEndpoint", options, CHAT_ENDPOINT_OPTIONS);
		this.#endpoint = new ChatEndpoint(options);
		this.#endpoint.needKey();
		this.name = this.#endpoint.name;
	}

	/**
	 * The model's answer. Pictures are sent as pixels alone, at most 768 on a side. What may pass is tried up to five times.
	 * @throws DownloadError where the server gives no answer, refuses the call or says what is no answer, and where the model refuses or
	 * says nothing; the signal's reason.
	 */
	async ask(parts: readonly VisionPart[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
		signal?.throwIfAborted();
		const content: ChatPart[] = [];
		for (const part of parts)
			content.push(
				typeof part === "string"
					? { type: "text", text: part }
					: { type: "image_url", image_url: { url: await sentPicture(part) } },
			);
		const next = "Check the server and run this again: captions that are kept are not asked for again";
		return (await this.#endpoint.ask({ messages: [{ role: "user", content }] }, { next, signal })).content;
	}
}
