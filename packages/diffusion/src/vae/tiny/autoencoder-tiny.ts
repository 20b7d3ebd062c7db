import { add, type Device, div, Graph, precisionOn, type SessionOptions } from "@drum/graph";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import type { ModelFiles } from "../../model-files.ts";
import { Autoencoder, type BuiltHalf, type EncodedPictures, type OpenedHalves, openHalves } from "../autoencoder.ts";
import { parseTinyVaeConfig, type TinyVaeConfig, tinyShapeOf } from "./config.ts";
import { tinyDecoder, tinyEncoder } from "./halves.ts";
import { decodeTinyTiled } from "./tiles.ts";

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
	static async load(files: ModelFiles, options: SessionOptions = {}): Promise<AutoencoderTiny> {
		options.signal?.throwIfAborted();
		const config = parseTinyVaeConfig(files.config, files.name);
		const halves = { decoder: decoderOf(config, files), encoder: encoderOf(config, files) };
		return new AutoencoderTiny(config, openHalves(files, tinyShapeOf(config), halves, options));
	}

	protected override decodeTiled(
		latents: readonly Tensor<"float32">[],
		decode: (tile: Tensor<"float32">) => Promise<Tensor<"float32">>,
	): Promise<Tensor<"float32">[]> | undefined {
		return decodeTinyTiled(latents, this.scale, decode);
	}

	protected override encodedOf(output: (name: string) => Tensor<"float32">): EncodedPictures {
		const { scaling_factor, shift_factor } = this.config;
		const { data, dims } = output("latents");
		const [scale, shift] = [Math.fround(scaling_factor), Math.fround(shift_factor)];
		const latents = float32(
			data.map((value) => Math.fround(value - shift) * scale),
			dims,
		);
		return {
			mode: () => latents,
			sample(noise) {
				if (noise.length === data.length) return latents;
				throw new ArgumentError({ what: "noise", expected: `${data.length} numbers`, found: String(noise.length) });
			},
		};
	}
}

type Build = (device: Device, height: number, width: number) => BuiltHalf;

function decoderOf(config: TinyVaeConfig, { checkpoint, name }: ModelFiles): Build {
	const { latent_channels, scaling_factor, shift_factor } = config;
	return (device, height, width) => {
		const graph = new Graph({ name, precision: precisionOf("decoder", checkpoint, device) });
		const latents = graph.input("latents", "float32", [1, latent_channels, height, width]);
		const weights = graph.weights(checkpoint);
		const picture = tinyDecoder(weights, config, add(div(latents, scaling_factor), shift_factor));
		return { graph: graph.build({ picture }), weights };
	};
}

function encoderOf(config: TinyVaeConfig, { checkpoint, name }: ModelFiles): Build {
	return (device, height, width) => {
		const graph = new Graph({ name, precision: precisionOf("encoder", checkpoint, device) });
		const picture = graph.input("picture", "float32", [1, config.in_channels, height, width]);
		const weights = graph.weights(checkpoint);
		return { graph: graph.build({ latents: tinyEncoder(weights, config, picture) }), weights };
	};
}

function precisionOf(half: string, checkpoint: ModelFiles["checkpoint"], device: Device) {
	return precisionOn(device, checkpoint.get(`${half}.layers.0.weight`)?.type ?? "float32");
}
