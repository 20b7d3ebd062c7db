import { MODEL_OPTIONS, type SessionOptions, type WeightOptions } from "@drum/graph";
import { checkNames, type Tensor } from "@drum/tensor";
import type { ModelFiles } from "../../model-files.ts";
import { Autoencoder, type EncodedPictures } from "../autoencoder.ts";
import { type Halves, type OpenedHalves, openHalves } from "../open-halves.ts";
import { checkNoise, scaled, unscale } from "../scaling.ts";
import { parseTinyVaeConfig, type TinyVaeConfig, tinyShapeOf } from "./config.ts";
import { tinyDecoder, tinyEncoder } from "./halves.ts";
import { decodeTinyTiled, encodeTinyTiled } from "./tiles.ts";

/**
 * A small autoencoder that stands in for a model's own, much faster and a little less exact: TAESD, TAESDXL, TAESD3 and TAEF1, as
 * diffusers' AutoencoderTiny.
 */
export class AutoencoderTiny extends Autoencoder {
	readonly config: TinyVaeConfig;

	private constructor(config: TinyVaeConfig, opened: OpenedHalves) {
		super(opened);
		this.config = config;
	}

	/**
	 * Checks the configuration and the decoder's names and shapes; weights are read at the first `decode` or `encode` of a size,
	 * the encoder's are checked then.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<AutoencoderTiny> {
		checkNames("AutoencoderTiny.load", options, MODEL_OPTIONS);
		options.signal?.throwIfAborted();
		const config = parseTinyVaeConfig(files.config, files.name);
		const halves: Halves = {
			...{ first: "layers.0.weight", upcast: false },
			decoder: (weights, latents) => tinyDecoder(weights, config, unscale(latents, config)),
			encoder: (weights, picture) => ({ latents: tinyEncoder(weights, config, picture) }),
		};
		return new AutoencoderTiny(config, openHalves(files, tinyShapeOf(config), halves, options));
	}

	protected override async decodeTiled(
		latents: readonly Tensor<"float32">[],
		decode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[] | undefined> {
		return decodeTinyTiled(latents, this.scale, decode);
	}

	protected override async encodeTiled(
		picture: Tensor<"float32">,
		encode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[] | undefined> {
		return encodeTinyTiled(picture, this.scale, encode);
	}

	protected override encodedOf(output: (name: string) => Tensor<"float32">): EncodedPictures {
		const latents = scaled(output("latents"), this.config);
		return {
			isDrawn: false,
			mode: () => latents,
			sample(noise) {
				checkNoise(noise, latents);
				return latents;
			},
		};
	}
}
