import type { ImageModelV4CallOptions, ImageModelV4Result } from "@ai-sdk/provider";
import { ArgumentError, shown } from "@drum/tensor";
import { DrumImageModel } from "./drum-image-model.ts";
import { checkAlpha, type DrumImageOptions, parseOptions } from "./drum-options.ts";
import { readCall, toldWarnings } from "./image-call.ts";

/** What a call of `generate` gives. */
export interface Drawing {
	readonly images: readonly { toPng(): Promise<Uint8Array> }[];
	readonly seed: number | readonly number[];
	readonly warnings: readonly { readonly message: string }[];
}

/** A pipeline: `StableDiffusion`, `Flux` or `DiffusionPipeline` of the other packages. */
export interface ImagePipeline {
	// biome-ignore lint/suspicious/noExplicitAny: whatever options it has, it checks itself.
	generate(prompt: string, options?: any): Promise<Drawing>;
}

/** A pipeline that `DrUM` was attached to. */
export interface Personalizer extends ImagePipeline {
	profile(
		history: readonly { prompt: string; intensity?: number }[],
		options?: { ratio?: number | undefined; size?: number | undefined; signal?: AbortSignal | undefined },
	): Promise<object>;
}

export type LocalModel = ImagePipeline | Personalizer;

/** What goes with a model, and is no JSON. */
export interface ImageSettings {
	/** A profile of `drum.profile` or `drum.loadProfile`, for calls that have none of their own. */
	profile?: object | undefined;
}

/** A pipeline of this process, as a model of the AI SDK. */
export class LocalImageModel extends DrumImageModel {
	readonly #pipeline: LocalModel;
	readonly #settings: ImageSettings;

	constructor(modelId: string, pipeline: LocalModel, settings: ImageSettings) {
		super(modelId);
		this.#pipeline = pipeline;
		this.#settings = settings;
	}

	async doGenerate(options: ImageModelV4CallOptions): Promise<ImageModelV4Result> {
		const { n, seed, providerOptions, abortSignal: signal } = options;
		const { prompt, side, pictures, warnings } = readCall(options);
		const { profile: asked, alpha, ...others } = parseOptions(providerOptions.drum);
		checkAlpha(alpha, (asked ?? this.#settings.profile) !== undefined);
		const profile = asked ? await this.#profileOf(asked, signal) : this.#settings.profile;
		const personal = { ...(profile && { profile, alpha }), ...pictures };
		const images: Uint8Array[] = [];
		const told: { readonly message: string }[] = [];
		const seeds: number[] = [];
		for (let picture = 0; picture < n; picture++) {
			signal?.throwIfAborted();
			const own = seed === undefined ? undefined : (seed + picture) % 2 ** 32;
			const drawing = await this.#pipeline.generate(prompt, { ...others, ...personal, ...side, seed: own, signal });
			images.push(await drawing.images[0]!.toPng());
			seeds.push([drawing.seed].flat()[0]!);
			told.push(...drawing.warnings);
		}
		return {
			images,
			warnings: [...warnings, ...toldWarnings(told)],
			providerMetadata: { drum: { images: seeds.map((each) => ({ seed: each })) } },
			response: { timestamp: new Date(), modelId: this.modelId, headers: undefined },
		};
	}

	async #profileOf(
		{ history, historyId, ratio, size }: NonNullable<DrumImageOptions["profile"]>,
		signal: AbortSignal | undefined,
	): Promise<object> {
		const pipeline = this.#pipeline;
		if (history === undefined) {
			const next = "A history that a service keeps is not known in this process";
			throw new ArgumentError({
				what: "providerOptions.drum.profile",
				expected: "history",
				found: shown(historyId),
				next,
			});
		}
		if (!("profile" in pipeline)) {
			const next = "Make the model with `await DrUM.attach(pipeline)`";
			throw new ArgumentError({ what: `model ${this.modelId}`, expected: "DrUM attached, for a profile", next });
		}
		return pipeline.profile(history, { ratio, size, signal });
	}
}
