import type { Image } from "@drum/diffusion";
import {
	ArgumentError,
	CheckpointError,
	checkNames,
	DeviceError,
	DrumError,
	FileError,
	namesOf,
	shown,
	type Warning,
} from "@drum/tensor";
import {
	AutoConfig,
	type ImageToTextPipeline,
	InterruptableStoppingCriteria,
	pipeline,
	RawImage,
	StoppingCriteriaList,
} from "@huggingface/transformers";
import type { Captioner } from "../captioner.ts";
import { warnUnusedRevision } from "./unused-revision.ts";

export interface TransformersCaptionerOptions {
	/** Branch, tag or commit on the hub. Default `"main"`. Has no effect on a folder on this machine, which a warning says. */
	readonly revision?: string | undefined;
	/** Takes files from where they are kept alone. Default false. */
	readonly localFilesOnly?: boolean | undefined;
	/** transformers.js's own: "fp32", "q8" and others. Default its choice. */
	readonly dtype?: string | undefined;
	/** transformers.js's own. Default its choice. */
	readonly device?: string | undefined;
	/** Tokens that a caption may have. Default 40. */
	readonly tokens?: number | undefined;
	/** Called with `option-unused` if a `revision` is given for a folder on this machine. */
	readonly onWarning?: ((warning: Warning) => void) | undefined;
}

const OPTIONS = namesOf<TransformersCaptionerOptions>({
	revision: true,
	localFilesOnly: true,
	dtype: true,
	device: true,
	tokens: true,
	onWarning: true,
});

/** What transformers.js has under this type and is known to work here: ViT-GPT2 and its kin. */
const MODEL_TYPE = "vision-encoder-decoder";

/** Captions by an image-to-text model that transformers.js runs, such as ViT-GPT2: in Node.js and in a browser, with nothing sent. */
export class TransformersCaptioner implements Captioner, AsyncDisposable {
	readonly name: string;
	readonly #model: ImageToTextPipeline;
	readonly #tokens: number;
	/** One after another: they share a session. */
	#last: Promise<unknown> = Promise.resolve();

	private constructor(name: string, model: ImageToTextPipeline, tokens: number) {
		this.name = name;
		this.#model = model;
		this.#tokens = tokens;
	}

	/**
	 * Opens an export as transformers.js lays it out: `config.json`, `preprocessor_config.json`, `tokenizer.json`, and in `onnx/` an
	 * `encoder_model.onnx` and a `decoder_model_merged.onnx`. Where files are looked for and kept is transformers.js's own `env`.
	 * @param source a hub id, such as `Xenova/vit-gpt2-image-captioning`, or a folder
	 * @throws ArgumentError for an option; FileError where a file is missing; CheckpointError for another kind of model, before its weights are
	 * fetched; DeviceError.
	 */
	static async fromPretrained(
		source: string,
		options: TransformersCaptionerOptions = {},
	): Promise<TransformersCaptioner> {
		checkNames("TransformersCaptioner.fromPretrained", options, OPTIONS);
		const { revision = "main", localFilesOnly = false, dtype, device, tokens = 40 } = options;
		if (typeof source !== "string" || source === "")
			throw new ArgumentError({ what: "source", expected: "a hub id or a folder", found: shown(source) });
		if (!(Number.isInteger(tokens) && tokens >= 1 && tokens <= 1000))
			throw new ArgumentError({ what: "tokens", expected: "a whole number from 1 to 1000", found: shown(tokens) });
		await warnUnusedRevision(source, options);
		const place = { revision, local_files_only: localFilesOnly };
		try {
			const { model_type: type } = await AutoConfig.from_pretrained(source, place);
			if (type !== MODEL_TYPE)
				throw new CheckpointError({ what: `model_type of ${source}`, expected: MODEL_TYPE, found: shown(type) });
			const model = await pipeline("image-to-text", source, { ...place, dtype, device } as never);
			const parts = [
				source,
				revision === "main" ? "" : `@${revision}`,
				dtype ? `, ${dtype}` : "",
				`, ${tokens} tokens`,
			];
			return new TransformersCaptioner(parts.join(""), model as ImageToTextPipeline, tokens);
		} catch (cause) {
			throw loadError(source, cause);
		}
	}

	/** The likeliest words, greedily chosen. @throws DeviceError where the model does not run; the signal's reason. */
	caption(picture: Image, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<string> {
		const caption = this.#last.then(() => this.#caption(picture, signal));
		this.#last = caption.catch(() => {});
		return caption;
	}

	/** Frees the model; it is of no use then. */
	async release(): Promise<void> {
		await this.#last;
		await this.#model.dispose();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	async #caption({ data, width, height }: Image, signal: AbortSignal | undefined): Promise<string> {
		signal?.throwIfAborted();
		const stopping = new InterruptableStoppingCriteria();
		const stop = () => stopping.interrupt();
		signal?.addEventListener("abort", stop, { once: true });
		const criteria = new StoppingCriteriaList();
		criteria.push(stopping);
		try {
			const image = new RawImage(Uint8ClampedArray.from(data), width, height, 3);
			const generating = { max_new_tokens: this.#tokens, do_sample: false, num_beams: 1, stopping_criteria: criteria };
			const found = (await this.#model(image as never, generating as never)) as { generated_text: string }[];
			signal?.throwIfAborted();
			return found[0]?.generated_text ?? "";
		} catch (cause) {
			signal?.throwIfAborted();
			const found = cause instanceof Error ? cause.message : String(cause);
			throw new DeviceError({ what: this.name, expected: "a model that runs", found, cause });
		} finally {
			signal?.removeEventListener("abort", stop);
		}
	}
}

function loadError(source: string, cause: unknown): DrumError {
	if (DrumError.is(cause)) return cause;
	const found = cause instanceof Error ? cause.message : String(cause);
	if (/^Unsupported device/.test(found)) return new DeviceError({ what: source, found, cause });
	const missing = (cause as Error | undefined)?.name === "ModelFileNotFoundError";
	if (missing || /fetch failed|network|locate file|not found/i.test(found)) {
		const expected = "an export as transformers.js lays it out: config.json, tokenizer.json, onnx/…";
		return new FileError({ what: source, expected, found, cause });
	}
	return new CheckpointError({ what: source, expected: "an export that transformers.js can load", found, cause });
}
