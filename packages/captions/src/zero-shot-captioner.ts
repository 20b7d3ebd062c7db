import type { Image } from "@drum/diffusion";
import { type CLIPCheckpointOptions, CLIPImageEncoder, CLIPTextEncoder } from "@drum/encoders-clip";
import type { WeightsSource } from "@drum/hub";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import type { Captioner } from "./captioner.ts";

/**
 * The captions to choose from: at first without an argument, then with the one that was chosen, for finer ones, until there are no others
 * than that.
 */
export type CaptionCandidates = (chosen?: string) => readonly string[];

export interface ZeroShotOptions extends CLIPCheckpointOptions {
	readonly candidates: CaptionCandidates;
	/** What its captions are known by in a cache. Default the checkpoint's name. */
	readonly name?: string | undefined;
}

/** Of a list of captions the one that CLIP finds nearest to the picture: for models that know few words, with nothing to download. */
export class ZeroShotCaptioner implements Captioner, AsyncDisposable {
	readonly name: string;
	readonly #images: CLIPImageEncoder;
	readonly #texts: CLIPTextEncoder;
	readonly #candidates: CaptionCandidates;
	readonly #features = new Map<string, Float32Array>();

	private constructor(name: string, images: CLIPImageEncoder, texts: CLIPTextEncoder, candidates: CaptionCandidates) {
		this.name = name;
		this.#images = images;
		this.#texts = texts;
		this.#candidates = candidates;
	}

	/**
	 * Opens both towers of a CLIP checkpoint; loads nothing before it is used.
	 * @throws ArgumentError for candidates that are none; what opening a checkpoint throws.
	 */
	static async fromPretrained(source: WeightsSource, options: ZeroShotOptions): Promise<ZeroShotCaptioner> {
		const { candidates, name, ...opening } = options ?? {};
		if (typeof candidates !== "function")
			throw new ArgumentError({
				what: "candidates",
				expected: "a function that gives captions",
				found: shown(candidates),
			});
		const images = await CLIPImageEncoder.fromPretrained(source, opening);
		const texts = await CLIPTextEncoder.fromPretrained(source, opening);
		return new ZeroShotCaptioner(name ?? images.name, images, texts, candidates);
	}

	/** @throws ArgumentError where there is no candidate; the signal's reason. */
	async caption(picture: Image, options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
		checkNames("caption", options, ["signal"]);
		const { data: feature } = await this.#images.encode([picture], options);
		let best: string | undefined;
		for (;;) {
			const candidates = this.#candidates(best).filter((caption) => caption !== best);
			if (candidates.length === 0) break;
			const finer = best === undefined ? candidates : [best, ...candidates];
			await this.#read(finer, options.signal);
			const chosen = this.#nearest(feature, finer);
			if (chosen === best) break;
			best = chosen;
		}
		if (best !== undefined) return best;
		throw new ArgumentError({ what: "candidates", expected: "captions to choose from", found: "none" });
	}

	async release(): Promise<void> {
		await Promise.all([this.#images.release(), this.#texts.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}

	/** Gives captions that are new their text features, of length 1. */
	async #read(captions: readonly string[], signal: AbortSignal | undefined): Promise<void> {
		const unread = captions.filter((caption) => !this.#features.has(caption));
		if (unread.length === 0) return;
		const { features } = await this.#texts.encode(unread, { signal });
		const { data, dims } = features!;
		const width = dims[1]!;
		for (const [i, caption] of unread.entries()) {
			const row = data.subarray(i * width, (i + 1) * width);
			const length = Math.hypot(...row);
			this.#features.set(
				caption,
				row.map((value) => value / length),
			);
		}
	}

	#nearest(feature: Float32Array, captions: readonly string[]): string {
		const similarity = (caption: string) =>
			this.#features.get(caption)!.reduce((sum, value, i) => sum + value * feature[i]!, 0);
		return captions.reduce<[string, number]>(
			([best, most], caption) => {
				const found = similarity(caption);
				return found > most ? [caption, found] : [best, most];
			},
			["", Number.NEGATIVE_INFINITY],
		)[0];
	}
}
