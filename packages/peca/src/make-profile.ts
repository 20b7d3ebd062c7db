import { coreset } from "@drum/coreset";
import { ArgumentError, float32, type Skip, type Tensor, type TextEncoding } from "@drum/tensor";
import { checkHistory, type HistoryItem, type Reference } from "./history.ts";
import { type AdapterName, type Encoders, encoderOf, type Mix, mixInputs } from "./mix.ts";
import { Profile, type ProfileStates, type Sampling } from "./profile.ts";

export interface ProfileOptions {
	/** Part of the history to keep, in (0, 1]; default 0.1, at least one prompt. */
	ratio?: number | undefined;
	/** Or how many prompts to keep. */
	size?: number | undefined;
	/** Seed of the coreset's first draw, as NumPy's. Default 42. */
	seed?: number | undefined;
	signal?: AbortSignal | undefined;
	/** Called as prompts are encoded and as the coreset is drawn. */
	onProgress?: ((progress: ProfileProgress) => void) | undefined;
}

export interface ProfileProgress {
	station: "embeddings" | "coreset" | "profile";
	done: number;
	total: number;
}

/** Hidden states of prompts that may yet be chosen are remembered up to this; beyond, the chosen are encoded once more. */
const REMEMBERED_BYTES = 2 ** 28;

/** Prompts between two looks at how much is remembered. */
const BATCH = 64;

/** history → embeddings → coreset → profile. */
export function makeProfile(
	mix: Mix,
	encoders: Encoders,
	history: readonly HistoryItem[],
	options: ProfileOptions,
): Promise<Profile> {
	const { ratio, size, seed = 42 } = options;
	return build(mix, encoders, checkHistory(history), undefined, checkSampling({ ratio, size, seed }), options);
}

/**
 * The profile of the longer history. Of the old rows only those are encoded that the new coreset holds and the old did not.
 * Sampling goes on as the profile was made.
 */
export function extendProfile(
	mix: Mix,
	encoders: Encoders,
	profile: Profile,
	history: readonly HistoryItem[],
	options: ProfileOptions,
): Promise<Profile> {
	profile.checkEncoders(encoders);
	const { seed, ...share } = profile.sampling;
	const asked =
		options.ratio !== undefined || options.size !== undefined ? { ratio: options.ratio, size: options.size } : share;
	const all = checkHistory([...profile.history, ...history]);
	return build(mix, encoders, all, profile, checkSampling({ ...asked, seed: options.seed ?? seed }), options);
}

async function build(
	mix: Mix,
	encoders: Encoders,
	history: Reference[],
	old: Profile | undefined,
	sampling: Sampling,
	options: ProfileOptions,
): Promise<Profile> {
	const { signal, onProgress } = options;
	signal?.throwIfAborted();
	const known = old?.history.length ?? 0;
	const memory = new Memory(mix, encoders, old);

	// history → embeddings
	const featured = encoderOf(encoders, mix.features);
	const rows: Float32Array[] = old && known > 0 ? [old.features.data] : [];
	for (let from = known; from < history.length; from += BATCH) {
		const to = Math.min(from + BATCH, history.length);
		const encoding = await featured.encode(
			history.slice(from, to).map(({ prompt }) => prompt),
			{ signal },
		);
		if (!encoding.features) throw new ArgumentError({ what: featured.name, expected: "text features", found: "none" });
		rows.push(encoding.features.data);
		memory.remember(mix.features, encoding, from);
		onProgress?.({ station: "embeddings", done: to - known, total: history.length - known });
	}
	const features = joined(rows, history.length);

	// embeddings → coreset
	const { ratio, size, seed } = sampling;
	const picked = await coreset(features, {
		...(size === undefined ? { ratio } : { size }),
		seed,
		intensities: history.length > 0 ? history.map(({ intensity }) => intensity) : undefined,
		signal,
		onProgress: (done, total) => onProgress?.({ station: "coreset", done, total }),
	});
	if (picked.length > 0 && picked.every((row) => history[row]!.intensity === 0)) {
		throw new ArgumentError({
			what: "intensities of the coreset",
			expected: "at least one above 0",
			found: "all are 0",
			next: "Keep more of the history",
		});
	}

	// coreset → profile
	const states = await memory.states(history, picked, options);
	const fingerprints = Object.fromEntries(
		Object.entries(encoders).map(([name, { fingerprint }]) => [name, fingerprint]),
	);
	return new Profile({ history, features, coreset: picked, states, fingerprints, sampling });
}

function checkSampling({ ratio, size, seed }: Sampling): Sampling {
	if (ratio !== undefined && size !== undefined) {
		throw new ArgumentError({ what: "ratio and size", expected: "one of them", found: "both" });
	}
	if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
		throw new ArgumentError({ what: "ratio", expected: "a number above 0, up to 1", found: String(ratio) });
	}
	if (size !== undefined && !(Number.isSafeInteger(size) && size >= 1)) {
		throw new ArgumentError({ what: "size", expected: "an integer from 1", found: String(size) });
	}
	if (!(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
		throw new ArgumentError({ what: "seed", expected: "an integer from 0 to 2^32 − 1", found: String(seed) });
	}
	return { ...(ratio !== undefined && { ratio }), ...(size !== undefined && { size }), seed };
}

function joined(parts: readonly Float32Array[], count: number): Tensor<"float32"> {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const data = new Float32Array(length);
	let at = 0;
	for (const part of parts) {
		data.set(part, at);
		at += part.length;
	}
	return float32(data, [count, count && length / count]);
}

/** Hidden states by encoder, skip and history row, as far as they are at hand. */
class Memory {
	readonly #encoders: Encoders;
	readonly #inputs: { encoder: AdapterName; skip: Skip }[];
	readonly #rows = new Map<string, Float32Array>();
	#bytes = 0;

	constructor(mix: Mix, encoders: Encoders, old: Profile | undefined) {
		this.#encoders = encoders;
		this.#inputs = mixInputs(mix);
		for (const { encoder, skip, hidden } of old?.states ?? []) {
			for (const [i, row] of old!.coreset.entries()) this.#keep(encoder, skip, row, hidden, i);
		}
	}

	remember(encoder: AdapterName, { hidden }: TextEncoding, from: number): void {
		for (const { encoder: name, skip } of this.#inputs) {
			if (name !== encoder || this.#bytes > REMEMBERED_BYTES) continue;
			for (let i = 0; i < hidden[skip]!.dims[0]!; i++) this.#keep(encoder, skip, from + i, hidden[skip]!, i);
		}
	}

	#keep(encoder: AdapterName, skip: Skip, row: number, hidden: Tensor<"float32">, i: number): void {
		const size = hidden.dims[1]! * hidden.dims[2]!;
		const states = hidden.data.subarray(i * size, (i + 1) * size);
		this.#rows.set(`${encoder}${skip} ${row}`, states);
		this.#bytes += states.byteLength;
	}

	/** The picked rows' states for each input of the mix; what is not at hand is encoded. */
	async states(
		history: readonly Reference[],
		picked: readonly number[],
		{ signal, onProgress }: ProfileOptions,
	): Promise<ProfileStates[]> {
		const states: ProfileStates[] = [];
		for (const name of new Set(this.#inputs.map(({ encoder }) => encoder))) {
			const encoder = encoderOf(this.#encoders, name);
			const skips = this.#inputs.filter((input) => input.encoder === name).map(({ skip }) => skip);
			const size = encoder.tokens * encoder.width;
			const out = skips.map(() => new Float32Array(picked.length * size));
			const missing: number[] = [];
			for (const [i, row] of picked.entries()) {
				const found = skips.map((skip) => this.#rows.get(`${name}${skip} ${row}`));
				if (found.every((each) => each !== undefined))
					for (const [s, each] of found.entries()) out[s]!.set(each, i * size);
				else missing.push(i);
			}
			for (let from = 0; from < missing.length; from += BATCH) {
				const batch = missing.slice(from, from + BATCH);
				const { hidden } = await encoder.encode(
					batch.map((i) => history[picked[i]!]!.prompt),
					{ signal },
				);
				for (const [s, skip] of skips.entries()) {
					for (const [j, i] of batch.entries())
						out[s]!.set(hidden[skip]!.data.subarray(j * size, (j + 1) * size), i * size);
				}
				onProgress?.({ station: "profile", done: from + batch.length, total: missing.length });
			}
			for (const [s, skip] of skips.entries()) {
				states.push({ encoder: name, skip, hidden: float32(out[s]!, [picked.length, encoder.tokens, encoder.width]) });
			}
		}
		return states;
	}
}
