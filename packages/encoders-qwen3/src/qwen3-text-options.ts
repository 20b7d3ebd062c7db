import type { Device, WeightOptions } from "@drum/graph";
import { namesOf, type TensorSource } from "@drum/tensor";
import type { Qwen3Use, Qwen3UseName } from "./qwen3-use.ts";
import type { Qwen2TokenizerFiles } from "./tokenizer.ts";

export interface Qwen3TextEncoderOptions extends WeightOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`. */
	config: unknown;
	/** An opened `Checkpoint` of `@drum/tensor`, of one file or of an index of several. */
	weights: TensorSource;
	/** The pipeline that its conditions are for: `"z-image"`, `"flux2-klein"`, or an entry of `QWEN3_USES` with changes. */
	use: Qwen3UseName | Qwen3Use;
	/** Without one, the encoder only takes ids, and all their rows belong to a prompt. */
	tokenizer?: Qwen2TokenizerFiles | undefined;
	/** The most rows of a prompt with its chat template, from 1 to 512. Default: that of the use, 512. */
	maxLength?: number | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

export const QWEN3_TEXT_OPTIONS = namesOf<Qwen3TextEncoderOptions>({
	name: true,
	config: true,
	weights: true,
	use: true,
	tokenizer: true,
	maxLength: true,
	device: true,
	threads: true,
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
	onLayerErrors: true,
});
