import type { Device, WeightOptions } from "@drum/graph";
import { namesOf, type Skip, type TensorSource } from "@drum/tensor";
import type { T5TokenizerFiles } from "./tokenizer.ts";

export interface T5TextEncoderOptions extends WeightOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	/** An opened `Checkpoint` of `@drum/tensor`, of one file or of an index of several. */
	weights: TensorSource;
	/** Without one, the encoder only takes ids. */
	tokenizer?: T5TokenizerFiles | undefined;
	/** The skips to return. All of them are the encoder's output. Default `[-1]`. */
	skips?: readonly Skip[] | undefined;
	/** Rows of each prompt, from 1 to 512. Default 256, which the published adapter was trained with. */
	maxLength?: number | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

export const T5_TEXT_OPTIONS = namesOf<T5TextEncoderOptions>({
	name: true,
	config: true,
	weights: true,
	tokenizer: true,
	skips: true,
	maxLength: true,
	device: true,
	threads: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
	onLayerErrors: true,
});
