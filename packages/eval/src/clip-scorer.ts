import { type CLIPCheckpointOptions, CLIPImageEncoder, CLIPTextEncoder, type ImagePixels } from "@drum/encoders-clip";
import { ArgumentError, type EncodeOptions, type Tensor, type TextEncoder } from "@drum/tensor";
import { type Scores, scoresOf, type UserFeatures } from "./scores.ts";
import { type EvaluatedUser, userFeatures } from "./user-features.ts";

/** What makes a picture comparable with a prompt: `CLIPImageEncoder` of `@drum/encoders-clip` is one. */
export interface ImageEncoder {
	/** `[images, features]` */
	encode(images: readonly ImagePixels[], options?: EncodeOptions): Promise<Tensor<"float32">>;
	release(): Promise<void>;
}

/** The two towers of one CLIP model, which tell how near pictures and prompts are. */
export class CLIPScorer implements AsyncDisposable {
	readonly text: TextEncoder;
	readonly images: ImageEncoder;

	/** Both must be of one checkpoint. */
	constructor(towers: { text: TextEncoder; images: ImageEncoder }) {
		this.text = towers.text;
		this.images = towers.images;
	}

	/**
	 * Opens both towers of a CLIP checkpoint, a folder or a hub id; loads nothing before it is used.
	 * @param source default `"openai/clip-vit-large-patch14"`
	 * @throws what `openRepository` throws; CheckpointError naming what does not fit.
	 */
	static async fromPretrained(
		source = "openai/clip-vit-large-patch14",
		options: CLIPCheckpointOptions = {},
	): Promise<CLIPScorer> {
		const images = await CLIPImageEncoder.fromPretrained(source, options);
		return new CLIPScorer({ images, text: await CLIPTextEncoder.fromPretrained(source, options) });
	}

	/** The text features that a user's pictures are scored against. */
	user(user: EvaluatedUser, options: EncodeOptions = {}): Promise<UserFeatures> {
		return userFeatures(this.text, user, options);
	}

	/**
	 * The CLIP score (paper 5.2): similarity × 100 of each picture to the target it was generated for and to the history.
	 * @param images one for each target, in their order
	 * @throws ArgumentError for another number of pictures, or naming the one that is none; the signal's reason.
	 */
	async clipScore(images: readonly ImagePixels[], user: UserFeatures, options: EncodeOptions = {}): Promise<Scores> {
		const [targets] = user.targets.dims;
		if (images.length !== targets) {
			const expected = `one for each of the ${targets} targets`;
			throw new ArgumentError({ what: "images", expected, found: String(images.length) });
		}
		return scoresOf(await this.images.encode(images, options), user);
	}

	/** Frees both towers; they load again when they are next used. */
	async release(): Promise<void> {
		await Promise.all([this.text.release(), this.images.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
