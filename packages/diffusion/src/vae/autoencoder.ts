import { refuseDamagedWeights } from "@drum/graph";
import { ArgumentError, checkNames, DeviceError, float32, sizeOf, type Tensor, type Warning } from "@drum/tensor";
import type { AutoencoderShape, OpenedHalves } from "./open-halves.ts";

export interface DecodeOptions {
	/**
	 * Decodes, or encodes, in tiles that fade into each other, where the picture is larger: memory stays that of one tile. Colours can drift from tile
	 * to tile. Default false.
	 */
	tiling?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

/** What the latents of encoded pictures are, or may be. */
export interface EncodedPictures {
	/** Whether `sample` depends on its noise. */
	readonly isDrawn: boolean;
	/** The likeliest latents `[n, latent_channels, h, w]`, scaled as a denoiser takes them and `decode` does. */
	mode(): Tensor<"float32">;
	/**
	 * Latents drawn with unit Gaussian `noise`, a number for each of theirs; scaled as those of `mode`, and the same where an autoencoder
	 * knows no others.
	 * @throws ArgumentError where there is more noise, or less.
	 */
	sample(noise: Float32Array): Tensor<"float32">;
}

type Picture = Tensor<"float32">;

/** Latents → pictures, and back. */
export abstract class Autoencoder<Encoded extends EncodedPictures = EncodedPictures> implements AsyncDisposable {
	readonly shape: AutoencoderShape;
	/** What its checkpoint holds beyond what it uses. */
	readonly warnings: readonly Warning[];
	readonly #opened: OpenedHalves;

	protected constructor(opened: OpenedHalves) {
		this.#opened = opened;
		this.shape = opened.shape;
		this.warnings = opened.warnings;
	}

	/** Pixels per latent along each side. */
	get scale(): number {
		return this.shape.scale;
	}

	/**
	 * Latents `[n, latent_channels, h, w]` as the denoiser leaves them, scaled by `scaling_factor`, → pictures
	 * `[n, out_channels, scale·h, scale·w]` in about −1 … 1. One picture is decoded at a time, so that memory stays flat.
	 * @throws ArgumentError when the latents have another shape; CheckpointError when a weight turns out to be no number; DeviceError
	 * when the picture has none for another reason; the signal's reason, between two pictures or tiles.
	 */
	async decode(latents: Tensor<"float32">, options: DecodeOptions = {}): Promise<Tensor<"float32">> {
		checkNames("decode", options, ["tiling", "signal"]);
		const { tiling = false, signal } = options;
		const [n = 0, channels, height = 0, width = 0] = latents.dims;
		const { latentChannels } = this.shape;
		if (latents.dims.length !== 4 || channels !== latentChannels || sizeOf(latents.dims) === 0) {
			throw new ArgumentError({
				what: "latents",
				expected: `[n, ${latentChannels}, height, width]`,
				found: `[${latents.dims.join(", ")}]`,
			});
		}
		const size = sizeOf(latents.dims) / n;
		const each = Array.from({ length: n }, (_, i) =>
			float32(latents.data.subarray(i * size, (i + 1) * size), [latentChannels, height, width]),
		);
		const tiled = tiling && (await this.decodeTiled(each, (tile) => this.#decodeOne(tile, signal)));
		if (tiled) return stack(tiled);
		const pictures: Tensor<"float32">[] = [];
		for (const one of each) pictures.push(await this.#decodeOne(one, signal));
		return stack(pictures);
	}

	/** Latents in tiles, of which `decode` decodes one; undefined where one tile holds them whole. */
	protected abstract decodeTiled(
		latents: readonly Picture[],
		decode: (tile: Picture) => Promise<Picture>,
	): Promise<Picture[] | undefined>;

	/** A picture in tiles, of which `encode` encodes one, as one list; undefined where one tile holds it whole. */
	protected abstract encodeTiled(
		picture: Picture,
		encode: (tile: Picture) => Promise<Picture>,
	): Promise<Picture[] | undefined>;

	/** The encoder's outputs by their names, of all pictures, as what they mean. */
	protected abstract encodedOf(output: (name: string) => Picture): Encoded;

	/** Throws for a picture that has what is no number, with the reason. */
	async #refuseNaN(latents: Tensor<"float32">, signal: AbortSignal | undefined): Promise<never> {
		await refuseDamagedWeights({ ...this.#opened.weights, signal });
		const finite = latents.data.every(Number.isFinite);
		const half = 'The VAE overflowed in half precision: run it with device: "cpu", which computes in float32';
		throw new DeviceError({
			what: "the decoded picture",
			expected: "numbers",
			found: "NaN",
			next: !finite
				? "The latents are no finite numbers already"
				: this.#opened.precision === "float16"
					? half
					: "The VAE's weights are finite: check that the latents are those of a model of this VAE",
		});
	}

	/** `[latent_channels, h, w]` → `[out_channels, scale·h, scale·w]`. */
	async #decodeOne({ data, dims }: Tensor<"float32">, signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
		const [, height, width] = dims as [number, number, number];
		const feeds = { latents: float32(data, [1, ...dims]) };
		const { picture } = await this.#opened.decoder.run(height, width, feeds, { signal });
		// diffusers clips an infinity to black or white.
		if (picture!.data.some(Number.isNaN)) await this.#refuseNaN(feeds.latents, signal);
		return withoutBatch(picture!);
	}

	/**
	 * Pictures `[n, in_channels, height, width]` in −1 … 1, whose sides are multiples of `scale`, → what their latents may be. One
	 * picture is encoded at a time.
	 * @throws ArgumentError when the pictures have another shape; CheckpointError for a checkpoint without an encoder; the signal's
	 * reason, between two pictures.
	 */
	async encode(pictures: Tensor<"float32">, options: DecodeOptions = {}): Promise<Encoded> {
		checkNames("encode", options, ["tiling", "signal"]);
		const { tiling = false, signal } = options;
		const [n = 0, channels, height = 0, width = 0] = pictures.dims;
		const { inChannels } = this.shape;
		const whole = height % this.scale === 0 && width % this.scale === 0;
		if (pictures.dims.length !== 4 || channels !== inChannels || sizeOf(pictures.dims) === 0 || !whole) {
			throw new ArgumentError({
				what: "pictures",
				expected: `[n, ${inChannels}, height, width], multiples of ${this.scale}`,
				found: `[${pictures.dims.join(", ")}]`,
			});
		}
		const size = sizeOf(pictures.dims) / n;
		const outputs = new Set<string>();
		const found: Picture[] = [];
		for (let i = 0; i < n; i++) {
			const picture = float32(pictures.data.subarray(i * size, (i + 1) * size), [inChannels, height, width]);
			const tiled = tiling && (await this.encodeTiled(picture, (tile) => this.#encodeOne(tile, outputs, signal)));
			found.push(tiled ? tiled[0]! : await this.#encodeOne(picture, outputs, signal));
		}
		const names = [...outputs];
		return this.encodedOf((name) => stack(found.map((one) => part(one, names.indexOf(name), names.length))));
	}

	/** `[in_channels, height, width]` → the encoder's outputs, one after another along the channels; `outputs` gets their names. */
	async #encodeOne({ data, dims }: Picture, outputs: Set<string>, signal: AbortSignal | undefined): Promise<Picture> {
		const [, height, width] = dims as [number, number, number];
		const given = await this.#opened.encoder.run(height, width, { picture: float32(data, [1, ...dims]) }, { signal });
		for (const name of Object.keys(given)) outputs.add(name);
		const all = stack(Object.values(given).map(withoutBatch));
		return float32(all.data, [all.dims[0]! * all.dims[1]!, ...all.dims.slice(2)]);
	}

	/** Frees the weights' memory. */
	async release(): Promise<void> {
		await Promise.all([this.#opened.decoder.release(), this.#opened.encoder.release()]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

function withoutBatch({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	return float32(data, dims.slice(1));
}

/** One of so many parts of the channels. */
function part({ data, dims }: Picture, i: number, of: number): Picture {
	const size = data.length / of;
	return float32(data.subarray(i * size, (i + 1) * size), [dims[0]! / of, ...dims.slice(1)]);
}

function stack(pictures: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const { dims, data } = pictures[0]!;
	const all = new Float32Array(pictures.length * data.length);
	for (const [i, picture] of pictures.entries()) all.set(picture.data, i * data.length);
	return float32(all, [pictures.length, ...dims]);
}
