import type { SessionOptions } from "@drum/graph";
import type { Tensor } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";
import { Autoencoder, type OpenedHalves, openHalves } from "./autoencoder.ts";
import { buildDecoder, buildEncoder } from "./build-halves.ts";
import { parseVaeConfig, shapeOf, type VaeConfig } from "./config.ts";
import { Posterior } from "./posterior.ts";
import { decodeTiled, layOutTiles } from "./tiles.ts";

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
	static async load(files: ModelFiles, options: SessionOptions = {}): Promise<AutoencoderKL> {
		options.signal?.throwIfAborted();
		const { config: json, checkpoint, name } = files;
		const config = parseVaeConfig(json, name);
		const half =
			(build: typeof buildDecoder) =>
			(...size: [device: NonNullable<SessionOptions["device"]>, height: number, width: number]) =>
				build(config, checkpoint, name, ...size);
		const halves = { decoder: half(buildDecoder), encoder: half(buildEncoder) };
		return new AutoencoderKL(config, openHalves(files, shapeOf(config), halves, options));
	}

	protected override decodeTiled(
		latents: readonly Tensor<"float32">[],
		decode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[]> | undefined {
		const [, height, width] = latents[0]!.dims as [number, number, number];
		const layout = layOutTiles(this.config, height, width);
		return layout && decodeTiled(latents, layout, decode);
	}

	protected override encodedOf(output: (name: string) => Tensor<"float32">): Posterior {
		return new Posterior(this.config, output("mean"), output("logvar"));
	}
}
