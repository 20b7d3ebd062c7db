import { coreset, profileSize } from "@drum/coreset";
import { ArgumentError, checkNames, float32, namesOf, nextTurn, shown, type Tensor } from "@drum/tensor";
import { checkProfile } from "./check-profile.ts";
import { CutRows } from "./cut-prompts.ts";
import { encoderPrints } from "./encoder-prints.ts";
import { checkHistory, type HistoryItem, type Reference } from "./history.ts";
import { type Encoders, encoderOf, type Mix } from "./mix.ts";
import { Profile } from "./profile.ts";
import type { ProfileOptions } from "./profile-options.ts";
import type { Sampling } from "./profile-parts.ts";
import { BATCH, StatesMemory } from "./states-memory.ts";

const OPTIONS = namesOf<ProfileOptions>({
	ratio: true,
	size: true,
	seed: true,
	signal: true,
	onProgress: true,
	loras: true,
});

/** history → embeddings → coreset → profile. */
export async function makeProfile(
	mix: Mix,
	encoders: Encoders,
	history: readonly HistoryItem[],
	options: ProfileOptions,
): Promise<Profile> {
	checkNames("profile", options, OPTIONS);
	const { ratio, size, seed = 42 } = options;
	return build(mix, encoders, checkHistory(history), undefined, checkSampling({ ratio, size, seed }), options);
}

/**
 * The profile of the longer history. Of the old rows only those are encoded that the new coreset holds and the old did not.
 * Sampling goes on as the profile was made.
 */
export async function extendProfile(
	mix: Mix,
	encoders: Encoders,
	profile: Profile,
	history: readonly HistoryItem[],
	options: ProfileOptions,
): Promise<Profile> {
	checkNames("extend", options, OPTIONS);
	checkProfile(profile).checkEncoders(encoders);
	const { seed, ...share } = profile.sampling;
	const asked =
		options.ratio !== undefined || options.size !== undefined ? { ratio: options.ratio, size: options.size } : share;
	const all = checkHistory(history, profile.history);
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
	const known = old?.history.length ?? 0;
	const memory = new StatesMemory(mix, encoders, old);
	const texts = history.map(({ prompt }) => prompt);
	const fingerprints = encoderPrints(encoders, texts);

	// history → embeddings
	const featured = encoderOf(encoders, mix.features);
	const rows: Float32Array[] = old && known > 0 ? [old.features.data] : [];
	const cut = new CutRows(encoders);
	for (let from = known; from < history.length; from += BATCH) {
		signal?.throwIfAborted();
		const to = Math.min(from + BATCH, history.length);
		const prompts = history.slice(from, to).map(({ prompt }) => prompt);
		cut.look(prompts, from - known);
		const encoding = await featured.encode(prompts, { signal });
		if (!encoding.features) throw new ArgumentError({ what: featured.name, expected: "text features", found: "none" });
		rows.push(encoding.features.data);
		memory.remember(mix.features, encoding, from);
		onProgress?.({ station: "embeddings", done: to - known, total: history.length - known });
	}
	const features = joined(rows, history.length);

	// embeddings → coreset
	await nextTurn();
	signal?.throwIfAborted();
	const { ratio, size, seed } = sampling;
	const kept = profileSize(history.length, size === undefined ? { ratio } : { size });
	const picked = await coreset(features, {
		...(kept > 0 && { size: kept }),
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
	signal?.throwIfAborted();
	const states = await memory.states(history, picked, options);
	signal?.throwIfAborted();
	const after = encoderPrints(encoders, texts);
	if (Object.keys(after).some((name) => after[name] !== fingerprints[name])) {
		const next = "Make it again, when the textual inversions are loaded";
		throw new ArgumentError({ what: "profile", expected: "encoders that stay as they are", found: "others", next });
	}
	const { warnings } = cut;
	return new Profile({ history, features, coreset: picked, states, fingerprints, sampling, warnings });
}

function checkSampling({ ratio, size, seed }: Sampling): Sampling {
	if (ratio !== undefined && size !== undefined) {
		throw new ArgumentError({ what: "ratio and size", expected: "one of them", found: "both" });
	}
	if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
		throw new ArgumentError({ what: "ratio", expected: "a number above 0, up to 1", found: shown(ratio) });
	}
	if (size !== undefined && !(Number.isSafeInteger(size) && size >= 1)) {
		throw new ArgumentError({ what: "size", expected: "an integer from 1", found: shown(size) });
	}
	if (!(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
		throw new ArgumentError({ what: "seed", expected: "an integer from 0 to 2^32 − 1", found: shown(seed) });
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
