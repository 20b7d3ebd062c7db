import {
	ArgumentError,
	type EncodeOptions,
	float32,
	type Skip,
	type Tensor,
	type TextEncoder,
	type TextEncoding,
} from "@drum/tensor";

/** Prompts encoded at once. */
const BATCH = 64;
/** Of text features: 87,000 prompts' of ViT-L, which come up again with the next user where users chose among the same films. */
const FEATURE_BYTES = 2 ** 28;
/** Of hidden states: 2,200 prompts' of ViT-L, so that one user's methods find them again. */
const STATE_BYTES = 2 ** 29;

/** A prompt's own part of an encoding. */
interface States {
	readonly hidden: ReadonlyMap<Skip, Float32Array>;
	readonly classRow: number | undefined;
	readonly features: Float32Array | undefined;
}

/** A text encoder that does not encode a prompt twice, as far as it remembers; those used last are remembered. */
export class RememberingEncoder implements TextEncoder {
	readonly #encoder: TextEncoder;
	readonly #features = new Remembered<Float32Array>(FEATURE_BYTES);
	readonly #states = new Remembered<States>(STATE_BYTES);

	constructor(encoder: TextEncoder) {
		this.#encoder = encoder;
	}

	get name(): string {
		return this.#encoder.name;
	}
	get width(): number {
		return this.#encoder.width;
	}
	get heads(): number {
		return this.#encoder.heads;
	}
	get tokens(): number {
		return this.#encoder.tokens;
	}
	get hasClassRow(): boolean {
		return this.#encoder.hasClassRow;
	}
	get fingerprint(): string {
		return this.#encoder.fingerprint;
	}

	tokenize(prompts: readonly string[]): Tensor<"int64"> {
		return this.#encoder.tokenize(prompts);
	}
	/** Of an encoder that cannot tell, nothing. */
	overflow(prompts: readonly string[]): readonly string[] {
		return this.#encoder.overflow?.(prompts) ?? prompts.map(() => "");
	}
	normalize(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return this.#encoder.normalize(rows);
	}
	project(rows: Tensor<"float32">): Promise<Tensor<"float32">> {
		return this.#encoder.project(rows);
	}
	release(): Promise<void> {
		return this.#encoder.release();
	}

	/**
	 * Text features `[prompts, width]`, without the hidden states of a long history ever being held.
	 * @throws ArgumentError for an encoder that has none; the signal's reason.
	 */
	async features(prompts: readonly string[], { signal, onProgress }: EncodeOptions = {}): Promise<Tensor<"float32">> {
		const rows = new Map<string, Float32Array>();
		const distinct = [...new Set(prompts)];
		for (const prompt of distinct) {
			const known = this.#features.get(prompt);
			if (known) rows.set(prompt, known);
		}
		const missing = distinct.filter((prompt) => !rows.has(prompt));
		for (let from = 0; from < missing.length; from += BATCH) {
			const batch = missing.slice(from, from + BATCH);
			const encoding = await this.#encoder.encode(batch, { signal });
			for (const [i, prompt] of batch.entries()) rows.set(prompt, this.#keep(prompt, encoding, i));
			onProgress?.(rows.size, distinct.length);
		}
		return stacked(prompts.map((prompt) => rows.get(prompt)!));
	}

	async encode(prompts: readonly string[] | Tensor<"int64">, options: EncodeOptions = {}): Promise<TextEncoding> {
		if ("dims" in prompts || prompts.length === 0) return this.#encoder.encode(prompts, options);
		const found = new Map<string, States>();
		for (const prompt of prompts) {
			const known = this.#states.get(prompt);
			if (known) found.set(prompt, known);
		}
		const missing = [...new Set(prompts)].filter((prompt) => !found.has(prompt));
		for (let from = 0; from < missing.length; from += BATCH) {
			const batch = missing.slice(from, from + BATCH);
			const encoding = await this.#encoder.encode(batch, { signal: options.signal });
			for (const [i, prompt] of batch.entries()) {
				const states = rowOf(encoding, i);
				found.set(prompt, states);
				this.#states.set(prompt, states, bytesOf(states));
			}
		}
		const states = prompts.map((prompt) => found.get(prompt)!);
		const skips = [...states[0]!.hidden.keys()];
		const features = states.map(({ features }) => features).filter((row) => row !== undefined);
		return {
			hidden: Object.fromEntries(
				skips.map((skip) => {
					const { data } = stacked(states.map(({ hidden }) => hidden.get(skip)!));
					return [skip, float32(data, [prompts.length, this.tokens, this.width])];
				}),
			),
			classRows: this.hasClassRow ? states.map(({ classRow }) => classRow!) : undefined,
			features: features.length > 0 ? stacked(features) : undefined,
		};
	}

	#keep(prompt: string, encoding: TextEncoding, i: number): Float32Array {
		const row = featureOf(encoding, i);
		if (!row) throw new ArgumentError({ what: `encoder ${this.name}`, expected: "text features", found: "none" });
		this.#features.set(prompt, row, row.byteLength);
		return row;
	}
}

/** What was used last, up to so many bytes. */
class Remembered<T> {
	readonly #most: number;
	readonly #kept = new Map<string, { value: T; bytes: number }>();
	#bytes = 0;

	constructor(most: number) {
		this.#most = most;
	}

	get(key: string): T | undefined {
		const found = this.#kept.get(key);
		if (!found) return undefined;
		this.#kept.delete(key);
		this.#kept.set(key, found);
		return found.value;
	}

	set(key: string, value: T, bytes: number): void {
		this.#bytes += bytes - (this.#kept.get(key)?.bytes ?? 0);
		this.#kept.delete(key);
		this.#kept.set(key, { value, bytes });
		for (const [oldest, { bytes }] of this.#kept) {
			if (this.#bytes <= this.#most) return;
			this.#kept.delete(oldest);
			this.#bytes -= bytes;
		}
	}
}

function featureOf({ features }: TextEncoding, i: number): Float32Array | undefined {
	const width = features?.dims[1] ?? 0;
	return features?.data.slice(i * width, (i + 1) * width);
}

function rowOf(encoding: TextEncoding, i: number): States {
	const { hidden, classRows } = encoding;
	const rows = Object.entries(hidden).map(([skip, { data, dims }]) => {
		const size = dims[1]! * dims[2]!;
		return [Number(skip) as Skip, data.slice(i * size, (i + 1) * size)] as const;
	});
	return { hidden: new Map(rows), classRow: classRows?.[i], features: featureOf(encoding, i) };
}

function bytesOf({ hidden }: States): number {
	return [...hidden.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Rows of one width, one above the other. */
function stacked(rows: readonly Float32Array[]): Tensor<"float32"> {
	const width = rows[0]?.length ?? 0;
	const data = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries()) data.set(row, i * width);
	return float32(data, [rows.length, width]);
}
