import {
	APICallError,
	type ImageModelV4CallOptions,
	type ImageModelV4Result,
	InvalidResponseDataError,
} from "@ai-sdk/provider";
import {
	combineHeaders,
	convertUint8ArrayToBase64,
	createEventSourceResponseHandler,
	createJsonErrorResponseHandler,
	postJsonToApi,
} from "@ai-sdk/provider-utils";
import { namesOf } from "@drum/tensor";
import * as z from "zod";
import { DrumImageModel } from "./drum-image-model.ts";
import { checkAlpha, type DrumImageOptions, parseOptions } from "./drum-options.ts";
import { readCall, toldWarnings } from "./image-call.ts";

/** Where a service is, and how it is asked. */
export interface Service {
	/** Of its interface, without a slash at the end. */
	readonly baseURL: string;
	readonly headers: () => Record<string, string | undefined>;
	readonly fetch: typeof globalThis.fetch | undefined;
}

const Refused = z.object({ error: z.object({ message: z.string(), code: z.string().nullish() }) });
const Completed = z.object({
	type: z.literal("image_generation.completed"),
	b64_json: z.string(),
	seed: z.number(),
	warnings: z.array(z.object({ message: z.string() })),
});
/** What a service tells of a call, whose pictures come one by one. */
const Told = z.union([Completed, Refused]);

/** Most pictures of one request. */
const MOST = 10;
const OPTIONS = namesOf<DrumImageOptions>({
	profile: true,
	alpha: true,
	negativeAlpha: true,
	promptSyntax: true,
	negativePrompt: true,
	numInferenceSteps: true,
	guidanceScale: true,
	scheduler: true,
	strength: true,
});

const refused = createJsonErrorResponseHandler({
	errorSchema: Refused,
	errorToMessage: ({ error }) => error.message,
	// A service says where another try is no use.
	isRetryable: ({ status, headers }) =>
		headers.get("x-should-retry") !== "false" && (status === 408 || status === 429 || status >= 500),
});

/** A model of a service, as a model of the AI SDK. */
export class ServiceImageModel extends DrumImageModel {
	readonly #service: Service;

	constructor(modelId: string, service: Service) {
		super(modelId);
		this.#service = service;
	}

	async doGenerate(options: ImageModelV4CallOptions): Promise<ImageModelV4Result> {
		const { n, seed } = options;
		const { prompt, side, pictures: given, warnings } = readCall(options);
		const { profile, alpha, ...others } = parseOptions(options.providerOptions.drum, OPTIONS);
		checkAlpha(alpha, profile !== undefined);
		const body = {
			...{ model: this.modelId, prompt, alpha, response_format: "b64_json", stream: true },
			size: side && `${side.width}x${side.height}`,
			profile: profile && { ...profile, historyId: undefined, history_id: profile.historyId },
			prompt_syntax: others.promptSyntax,
			negative_prompt: others.negativePrompt,
			negative_alpha: others.negativeAlpha,
			num_inference_steps: others.numInferenceSteps,
			guidance_scale: others.guidanceScale,
			scheduler: others.scheduler,
			strength: others.strength,
			image: given.image && convertUint8ArrayToBase64(given.image),
			mask: given.mask && convertUint8ArrayToBase64(given.mask),
		};
		const pictures: z.infer<typeof Completed>[] = [];
		let headers: Record<string, string> | undefined;
		while (pictures.length < n) {
			const from = pictures.length;
			const part = { n: Math.min(n - from, MOST), seed: seed === undefined ? undefined : (seed + from) % 2 ** 32 };
			headers = await this.#draw({ ...body, ...part }, options, pictures);
			if (pictures.length < from + part.n) throw incomplete(pictures.length - from, part.n);
		}
		return {
			images: pictures.map(({ b64_json }) => b64_json),
			warnings: [...warnings, ...toldWarnings(pictures.flatMap((picture) => picture.warnings))],
			providerMetadata: { drum: { images: pictures.map((picture) => ({ seed: picture.seed })) } },
			response: { timestamp: new Date(), modelId: this.modelId, headers },
		};
	}

	/** As a stream: an answer that only begins when all is drawn would come too late for `fetch`. */
	async #draw(
		body: object,
		{ abortSignal, headers }: ImageModelV4CallOptions,
		pictures: z.infer<typeof Completed>[],
	): Promise<Record<string, string> | undefined> {
		const { baseURL, fetch, headers: own } = this.#service;
		const url = `${baseURL}/images/generations`;
		const { value: events, responseHeaders } = await postJsonToApi({
			...{ url, body, failedResponseHandler: refused },
			headers: combineHeaders(own(), headers),
			successfulResponseHandler: createEventSourceResponseHandler(Told),
			...(abortSignal && { abortSignal }),
			...(fetch && { fetch }),
		});
		for await (const event of events) {
			if (!event.success) throw event.error;
			if ("error" in event.value) throw failed(event.value, url, body);
			pictures.push(event.value);
		}
		return responseHeaders;
	}
}

function failed(data: z.infer<typeof Refused>, url: string, requestBodyValues: object): APICallError {
	const { message, code } = data.error;
	return new APICallError({ message, url, requestBodyValues, data, isRetryable: code === "stopping" });
}

function incomplete(found: number, expected: number): InvalidResponseDataError {
	const message = `The service's answer ended after ${found} of ${expected} pictures`;
	return new InvalidResponseDataError({ data: undefined, message });
}
