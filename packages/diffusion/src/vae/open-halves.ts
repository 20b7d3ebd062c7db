import {
	type BuiltGraph,
	Graph,
	precisionOn,
	quantize,
	type SessionOptions,
	SizedSession,
	unusedWeights,
	type Value,
	type WeightOptions,
	type WeightSource,
	Weights,
	type WeightsToCheck,
	weightOptions,
} from "@drum/graph";
import { DrumError, type Warning } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";

/** An autoencoder's extents, as its `config.json` has them. */
export interface AutoencoderShape {
	readonly latentChannels: number;
	readonly inChannels: number;
	readonly outChannels: number;
	/** Pixels per latent along each side. */
	readonly scale: number;
}

/** An autoencoder's halves, as its kind has them. */
export interface Halves {
	/** The first weight of either, which tells how all are stored. */
	readonly first: string;
	/** Whether it is computed in float32 on every device, since half precision overflows. */
	readonly upcast: boolean;
	/** Latents as `decode` takes them → a picture. */
	decoder(weights: Weights, latents: Value): Value;
	/** A picture → what `encodedOf` takes. */
	encoder(weights: Weights, picture: Value): Readonly<Record<string, Value>>;
}

/** Half of an autoencoder, for one size of its input. */
interface BuiltHalf {
	readonly graph: BuiltGraph;
	/** What the half took of the checkpoint's. */
	readonly weights: Weights;
}

/** An autoencoder's halves, checked and ready to run. */
export interface OpenedHalves {
	readonly shape: AutoencoderShape;
	readonly weights: WeightsToCheck;
	readonly warnings: readonly Warning[];
	readonly precision: Graph["precision"];
	readonly decoder: SizedSession;
	readonly encoder: SizedSession;
}

/** Checks the decoder's names and shapes; weights are read at the first `decode` or `encode` of a size, the encoder's are checked then. */
export function openHalves(
	{ checkpoint, name }: ModelFiles,
	shape: AutoencoderShape,
	halves: Halves,
	options: SessionOptions & WeightOptions,
): OpenedHalves {
	const { device = "cpu", threads, dtype } = options;
	const graphOf = (half: "decoder" | "encoder") => {
		const stored = checkpoint.get(`${half}.${halves.first}`);
		return new Graph({ name, precision: halves.upcast ? "float32" : precisionOn(device, stored, dtype) });
	};
	const decoder = (height: number, width: number, source: WeightSource = checkpoint): BuiltHalf => {
		const graph = graphOf("decoder");
		const latents = graph.input("latents", "float32", [1, shape.latentChannels, height, width]);
		const weights = new Weights(graph, source);
		return { graph: graph.build({ picture: halves.decoder(weights, latents) }), weights };
	};
	const encoder = (height: number, width: number, source: WeightSource = checkpoint): BuiltHalf => {
		const graph = graphOf("encoder");
		const picture = graph.input("picture", "float32", [1, shape.inChannels, height, width]);
		const weights = new Weights(graph, source);
		return { graph: graph.build(halves.encoder(weights, picture)), weights };
	};
	const session = (half: typeof decoder) => {
		const load = async (height: number, width: number, signal: AbortSignal | undefined) => {
			const build = (source: WeightSource) => half(height, width, source).graph;
			return build(await quantize(checkpoint, { ...weightOptions(options), build, signal }));
		};
		return new SizedSession(load, { device, threads });
	};
	const { weights } = decoder(1, 1);
	const ofEncoder = encoderWeights(() => encoder(shape.scale, shape.scale));
	return {
		shape,
		weights: { weights: checkpoint, used: weights.used() },
		warnings: unusedWeights(
			weights.unused().filter((tensor) => !ofEncoder(tensor)),
			name,
		),
		precision: weights.graph.precision,
		decoder: session(decoder),
		encoder: session(encoder),
	};
}

/** Tells the encoder's tensors. Where it is not whole, which a checkpoint that only draws may have, all of its names count. */
function encoderWeights(build: () => BuiltHalf): (tensor: string) => boolean {
	try {
		const used = new Set(build().weights.used());
		return (tensor) => used.has(tensor);
	} catch (error) {
		if (!DrumError.is(error)) throw error;
		return (tensor) => /^(encoder|quant_conv)\./.test(tensor);
	}
}
