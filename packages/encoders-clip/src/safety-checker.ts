import type { WeightSource } from "@drum/graph";
import type { WeightsSource } from "@drum/hub";
import { type Checkpoint, CheckpointError, checkNames, toFloat32 } from "@drum/tensor";
import { CLIPImageEncoder } from "./clip-image-encoder.ts";
import { type CLIPCheckpointOptions, openCLIP, readPreprocessor } from "./open-checkpoint.ts";
import type { ImagePixels } from "./pixel-values.ts";

// Mirrors StableDiffusionSafetyChecker:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/pipelines/stable_diffusion/safety_checker.py

/** The result for a picture. */
export interface SafetyCheck {
	/** Whether the picture is too similar to one of the concepts. */
	readonly flagged: boolean;
	/** For each concept: the cosine similarity minus the concept's threshold, rounded to three digits. Above 0 is too similar. */
	readonly concepts: readonly number[];
	/** The same for concepts of special care. One above 0 lowers all later thresholds by 0.01. */
	readonly specialCare: readonly number[];
}

/** Concepts `[count, width]`, each of length 1, and the cosine similarity above which a picture is too similar. */
interface Concepts {
	readonly rows: readonly Float32Array[];
	readonly thresholds: Float32Array;
}

const f32 = Math.fround;

/**
 * Stable Diffusion's published safety checker: CLIP's image encoder, and concepts that a picture must not be similar to. It was made for photographs,
 * and flags too many pictures rather than too few.
 */
export class SafetyChecker implements AsyncDisposable {
	readonly name: string;
	readonly #encoder: CLIPImageEncoder;
	readonly #concepts: Concepts;
	readonly #specialCare: Concepts;

	private constructor(name: string, encoder: CLIPImageEncoder, concepts: Concepts, specialCare: Concepts) {
		this.name = name;
		this.#encoder = encoder;
		this.#concepts = concepts;
		this.#specialCare = specialCare;
	}

	/**
	 * Opens a safety checker: a folder or a hub id, of a safety checker such as `CompVis/stable-diffusion-safety-checker`, or of a checkpoint of Stable
	 * Diffusion 1 or 2 with `safety_checker` and `feature_extractor`. The first check loads the model.
	 * @throws what `openRepository` throws; FileError, CheckpointError for files that are missing, damaged or of another model
	 */
	static async fromPretrained(source: WeightsSource, options: CLIPCheckpointOptions = {}): Promise<SafetyChecker> {
		const { repository, folder, config, open } = await openCLIP(source, options, "safety_checker");
		const { device, threads } = options;
		const name = folder ? `${repository.name}/${folder}` : repository.name;
		const preprocessor = await readPreprocessor(repository, folder && "feature_extractor");
		const checkpoint = await open();
		const encoder = await CLIPImageEncoder.create({
			...{ name, config, preprocessor, device, threads },
			weights: visionOf(checkpoint),
		});
		const concepts = (kind: string) => readConcepts(checkpoint, kind, encoder.features);
		return new SafetyChecker(name, encoder, await concepts("concept_embeds"), await concepts("special_care_embeds"));
	}

	/**
	 * Checks each picture by itself.
	 * @throws ArgumentError that names the value which is not a picture; the signal's reason
	 */
	async check(
		images: readonly ImagePixels[],
		options: { signal?: AbortSignal | undefined } = {},
	): Promise<SafetyCheck[]> {
		checkNames("check", options, ["signal"]);
		const { data } = await this.#encoder.encode(images, { signal: options.signal });
		const width = this.#encoder.features;
		return images.map((_, i) => this.#checkOne(unit(data.subarray(i * width, (i + 1) * width))));
	}

	/** For `onImage` of a pipeline's `generate`: refuses flagged pictures. */
	readonly onImage = async (image: ImagePixels): Promise<"keep" | "refuse"> => {
		const [found] = await this.check([image]);
		return found!.flagged ? "refuse" : "keep";
	};

	#checkOne(picture: Float32Array): SafetyCheck {
		let adjustment = 0;
		const specialCare: number[] = [];
		for (const [i, row] of this.#specialCare.rows.entries()) {
			specialCare.push(scoreOf(picture, row, this.#specialCare.thresholds[i]!, adjustment));
			if (specialCare[i]! > 0) adjustment = f32(0.01);
		}
		const { rows, thresholds } = this.#concepts;
		const concepts = rows.map((row, i) => scoreOf(picture, row, thresholds[i]!, adjustment));
		return { flagged: concepts.some((score) => score > 0), concepts, specialCare };
	}

	/** Frees the model's memory. The next check loads it again. */
	release(): Promise<void> {
		return this.#encoder.release();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

/** The cosine similarity minus the threshold, rounded to three digits. */
function scoreOf(picture: Float32Array, concept: Float32Array, threshold: number, adjustment: number): number {
	const cosine = f32(concept.reduce((sum, value, k) => sum + value * picture[k]!, 0));
	const above = f32(f32(cosine - threshold) + adjustment);
	return Math.round(above * 1000) / 1000;
}

/** The image encoder's weights with the names that it has by itself: published files have one more level, which transformers 5 omits. */
function visionOf(checkpoint: Checkpoint): WeightSource {
	const inner = (name: string) => name.replace(/^vision_model\./, "vision_model.vision_model.");
	return {
		name: checkpoint.name,
		get: (name) => checkpoint.get(inner(name)) ?? checkpoint.get(name),
		names: () => checkpoint.names(),
	};
}

async function readConcepts(checkpoint: Checkpoint, kind: string, width: number): Promise<Concepts> {
	const [embeds, thresholds] = await Promise.all([
		readFloat32(checkpoint, kind, (dims) => dims.length === 2 && dims[1] === width, `[concepts, ${width}]`),
		readFloat32(checkpoint, `${kind}_weights`, (dims) => dims.length === 1, "[concepts]"),
	]);
	const count = embeds.length / width;
	if (thresholds.length !== count) {
		const found = String(thresholds.length);
		const what = `${kind}_weights of ${checkpoint.name}`;
		throw new CheckpointError({ what, expected: `${count}, one for each of ${kind}`, found });
	}
	const rows = Array.from({ length: count }, (_, i) => unit(embeds.subarray(i * width, (i + 1) * width)));
	return { rows, thresholds };
}

async function readFloat32(
	checkpoint: Checkpoint,
	name: string,
	fits: (dims: readonly number[]) => boolean,
	expected: string,
): Promise<Float32Array> {
	const dims = checkpoint.get(name)?.dims;
	if (!dims || !fits(dims)) {
		const found = dims ? `[${dims.join(", ")}]` : "none";
		const next = "Use the safety checker of Stable Diffusion";
		throw new CheckpointError({ what: `weight ${name} of ${checkpoint.name}`, expected, found, next });
	}
	return toFloat32(await checkpoint.read(name));
}

/** Scales to length 1, as PyTorch's `normalize`. */
function unit(values: Float32Array): Float32Array {
	const length = Math.max(f32(Math.hypot(...values)), 1e-12);
	return values.map((value) => value / length);
}
