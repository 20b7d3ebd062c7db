import type { Image } from "@drum/diffusion";
import { CHAT_ENDPOINT_OPTIONS } from "@drum/hub";
import { checkNames, sha256 } from "@drum/tensor";
import type { Captioner } from "../captioner.ts";
import { VisionEndpoint, type VisionEndpointOptions } from "./vision-endpoint.ts";

export interface EndpointCaptionerOptions extends VisionEndpointOptions {
	/** What the model is asked beside the picture. Default: for a prompt of at most 50 words, of what is shown and how. */
	readonly instruction?: string | undefined;
}

const INSTRUCTION =
	"Describe this picture as a prompt for a text-to-image model: first what it shows, then its medium, style, colours, light and mood. Answer with the prompt alone, in one line of at most 50 words.";

/** Captions by any server with OpenAI's chat interface and a model that sees pictures. */
export class EndpointCaptioner implements Captioner {
	readonly name: string;
	readonly #endpoint: VisionEndpoint;
	readonly #instruction: string;

	/** @throws ArgumentError as `VisionEndpoint` does. */
	constructor(options: EndpointCaptionerOptions = {}) {
		checkNames("EndpointCaptioner", options, [...CHAT_ENDPOINT_OPTIONS, "instruction"]);
		const { instruction = INSTRUCTION, ...endpoint } = options;
		this.#endpoint = new VisionEndpoint(endpoint);
		this.#instruction = instruction;
		const asked = instruction === INSTRUCTION ? "" : `, instruction ${sha256(instruction).slice(0, 8)}`;
		this.name = `${this.#endpoint.name}${asked}`;
	}

	/** @throws DownloadError as `VisionEndpoint.ask`; the signal's reason. */
	async caption(picture: Image, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
		const answer = await this.#endpoint.ask([this.#instruction, picture], options);
		// Models like to put an answer into quotes.
		return answer.trim().replace(/^"([^"]*)"$|^“([^”]*)”$/, "$1$2");
	}
}
