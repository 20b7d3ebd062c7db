import {
	type BuiltGraph,
	type Device,
	Graph,
	LazySession,
	precisionOn,
	type Session,
	type WeightSource,
	Weights,
} from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import {
	CheckpointError,
	checkNames,
	ENCODE_OPTIONS,
	type EncodeOptions,
	float32,
	namesOf,
	type Tensor,
} from "@drum/tensor";
import { clipVisionModel } from "./clip-vision-model.ts";
import { type CLIPVisionConfig, parseCLIPVisionConfig } from "./config.ts";
import { type CLIPCheckpointOptions, openCLIP, readPreprocessor } from "./open-checkpoint.ts";
import { checkImage, type ImagePixels, pixelValues } from "./pixel-values.ts";
import { type CLIPPreprocessor, parsePreprocessor } from "./preprocessor.ts";

export interface CLIPImageEncoderOptions {
	/** Names the encoder in messages. */
	name: string;
	/** Contents of `config.json`, of an image encoder or of a whole CLIP model. */
	config: unknown;
	/** Contents of `preprocessor_config.json`. Default: the settings of OpenAI's CLIP. */
	preprocessor?: unknown;
	/** An opened `Checkpoint` of `@drum/tensor`, with `vision_model.…` and `visual_projection.weight`. */
	weights: WeightSource;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

const OPTIONS = namesOf<CLIPImageEncoderOptions>({
	name: true,
	config: true,
	preprocessor: true,
	weights: true,
	device: true,
	threads: true,
});

/** Pictures of a batch: one fills a processor with ViT-L, and a run can only be cancelled between batches. */
const BATCH = 4;

/** CLIP's image tower (ViT-B, ViT-L, ViT-H, ViT-bigG). The first call of `encode` loads its weights. */
export class CLIPImageEncoder implements AsyncDisposable {
	readonly name: string;
	/** Width of a feature. */
	readonly features: number;
	readonly #preprocessor: CLIPPreprocessor;
	readonly #session: LazySession;

	private constructor(options: CLIPImageEncoderOptions, config: CLIPVisionConfig, preprocessor: CLIPPreprocessor) {
		const { name, device, threads } = options;
		this.name = name;
		this.features = config.projection_dim;
		this.#preprocessor = preprocessor;
		this.#session = new LazySession(() => buildGraph(options, config), { device, threads });
	}

	/**
	 * Opens a CLIP checkpoint: a folder or a hub id such as `openai/clip-vit-large-patch14`, of a whole model or only of its image encoder with
	 * projection.
	 * @throws what `openRepository` and `create` throw.
	 */
	static async fromPretrained(source: WeightsSource, options: CLIPCheckpointOptions = {}): Promise<CLIPImageEncoder> {
		const { repository, config, open } = await openCLIP(source, options);
		const { device, threads } = options;
		const preprocessor = await readPreprocessor(repository);
		// Checks small files before it downloads large ones.
		check(repository.name, config, preprocessor);
		return CLIPImageEncoder.create({
			...{ name: repository.name, config, preprocessor, device, threads },
			weights: await open(),
		});
	}

	/**
	 * Checks the configurations and the shape of every weight. Loads no weights yet.
	 * @throws CheckpointError that names the field or weight which does not fit
	 */
	static async create(options: CLIPImageEncoderOptions): Promise<CLIPImageEncoder> {
		checkNames("CLIPImageEncoder.create", options, OPTIONS);
		const [config, preprocessor] = check(options.name, options.config, options.preprocessor);
		buildGraph(options, config);
		return new CLIPImageEncoder(options, config, preprocessor);
	}

	/**
	 * The projected features `[images, features]` that CLIP similarity compares, not normalised. An empty list gives `[0, features]`.
	 * @throws ArgumentError that names the value which is not a picture; the signal's reason
	 */
	async encode(images: readonly ImagePixels[], options: EncodeOptions = {}): Promise<Tensor<"float32">> {
		checkNames("encode", options, ENCODE_OPTIONS);
		const { signal, onProgress } = options;
		signal?.throwIfAborted();
		for (const [i, image] of images.entries()) checkImage(image, `image ${i}`);
		const count = images.length;
		const features = new Float32Array(count * this.features);
		const encodeBatches = async (session: Session) => {
			for (let from = 0; from < count; from += BATCH) {
				const batch = images.slice(from, from + BATCH);
				const outputs = await session.run({ pixel_values: pixelValues(batch, this.#preprocessor) }, { signal });
				features.set(outputs.image_embeds!.data, from * this.features);
				onProgress?.(from + batch.length, count);
			}
		};
		if (count > 0) await this.#session.use(encodeBatches, { signal });
		return float32(features, [count, this.features]);
	}

	/** Frees the model's memory when the current encodings have ended. It loads again at its next use. */
	release(): Promise<void> {
		return this.#session.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

/** Reads both configurations and checks that they fit together. */
function check(name: string, json: unknown, preprocessing: unknown): [CLIPVisionConfig, CLIPPreprocessor] {
	const config = parseCLIPVisionConfig(json, `${name}/config.json`);
	const { image_size } = config;
	const preprocessor = parsePreprocessor(preprocessing ?? {}, `${name}/preprocessor_config.json`, image_size);
	const size = preprocessor.crop ?? preprocessor.resize;
	const made = size && "height" in size ? `${size.width} × ${size.height}` : "pictures of any size";
	if (made === `${image_size} × ${image_size}`) return [config, preprocessor];
	throw new CheckpointError({
		what: `${name}/preprocessor_config.json`,
		expected: `pictures of ${image_size} × ${image_size}, as config.json says`,
		found: made,
	});
}

function buildGraph({ name, weights, device = "cpu" }: CLIPImageEncoderOptions, config: CLIPVisionConfig): BuiltGraph {
	const graph = new Graph({ name, precision: precisionOn(device, weights.get("visual_projection.weight")) });
	const { image_size } = config;
	const pixels = graph.input("pixel_values", "float32", ["batch", 3, image_size, image_size]);
	return graph.build({ image_embeds: clipVisionModel(new Weights(graph, weights), config, pixels) });
}
