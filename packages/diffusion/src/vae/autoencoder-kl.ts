import { MODEL_OPTIONS, type SessionOptions, type WeightOptions } from "@drum/graph";
import { checkNames, loadPart, type Tensor } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";
import { Autoencoder } from "./autoencoder.ts";
import { parseVaeConfig, shapeOf, type VaeConfig } from "./config.ts";
import { vaeDecoder } from "./decoder.ts";
import { vaeEncoder } from "./encoder.ts";
import { type Halves, type OpenedHalves, openHalves } from "./open-halves.ts";
import { Posterior } from "./posterior.ts";
import { unscale } from "./scaling.ts";

const tiling = () => loadPart(() => import("./tiles.ts"));

/** A variational autoencoder: latents → pictures, and back. */
export class AutoencoderKL extends Autoencoder<Posterior> {
	readonly config: VaeConfig;

	private constructor(config: VaeConfig, opened: OpenedHalves) {
		super(opened);
		this.config = config;
	}

	/**
	 * Checks the configuration and the decoder's names and shapes; weights are read at the first `decode` or `encode` of a size,
	 * the encoder's are checked then.
	 * @throws CheckpointError when they do not belong together, or ask for something that is not supported.
	 */
	static async load(files: ModelFiles, options: SessionOptions & WeightOptions = {}): Promise<AutoencoderKL> {
		checkNames("AutoencoderKL.load", options, MODEL_OPTIONS);
		options.signal?.throwIfAborted();
		const config = parseVaeConfig(files.config, files.name);
		const halves: Halves = {
			...{ first: "conv_in.weight", upcast: config.force_upcast },
			decoder: (weights, latents) => vaeDecoder(weights, config, unscale(latents, config)).picture,
			encoder(weights, picture) {
				const { mean, logvar } = vaeEncoder(weights, config, picture);
				return { mean, logvar };
			},
		};
		return new AutoencoderKL(config, openHalves(files, shapeOf(config), halves, options));
	}

	protected override async decodeTiled(
		latents: readonly Tensor<"float32">[],
		decode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[] | undefined> {
		const [, height, width] = latents[0]!.dims as [number, number, number];
		const { layOutTiles, runTiled } = await tiling();
		const layout = layOutTiles(this.config, height, width);
		return layout && runTiled(latents, layout, decode);
	}

	protected override async encodeTiled(
		picture: Tensor<"float32">,
		encode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[] | undefined> {
		const [, height, width] = picture.dims as [number, number, number];
		const { layOutPictureTiles, runTiled } = await tiling();
		const layout = layOutPictureTiles(this.config, height, width);
		return layout && runTiled([picture], layout, encode);
	}

	protected override encodedOf(output: (name: string) => Tensor<"float32">): Posterior {
		return new Posterior(this.config, output("mean"), output("logvar"));
	}
}
