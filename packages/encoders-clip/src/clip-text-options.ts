import type { Device, WeightOptions } from "@drum/graph";
import { namesOf, type Skip, type TensorSource } from "@drum/tensor";
import type { TokenizerFiles } from "./tokenizer.ts";

export interface CLIPTextEncoderOptions extends WeightOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	/** An opened `Checkpoint` of `@drum/tensor`. */
	weights: TensorSource;
	/** Without one, the encoder only takes ids. */
	tokenizer?: TokenizerFiles | undefined;
	/** The hidden states to return. Default `[-1]`. */
	skips?: readonly Skip[] | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

export const CLIP_TEXT_OPTIONS = namesOf<CLIPTextEncoderOptions>({
	name: true,
	config: true,
	weights: true,
	tokenizer: true,
	skips: true,
	device: true,
	threads: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
	onLayerErrors: true,
});
