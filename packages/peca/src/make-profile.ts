import { ArgumentError, checkNames, float32, namesOf, nextTurn, shown, type Tensor } from "@drum/tensor";
import { checkProfile } from "./check-profile.ts";
import { CutRows } from "./cut-prompts.ts";
import { encoderPrints } from "./encoder-prints.ts";
import { checkHistory, type DatedReference, type HistoryItem } from "./history.ts";
import { type Encoders, encoderOf, type Mix } from "./mix.ts";
import { Profile } from "./profile.ts";
import type { ProfileOptions } from "./profile-options.ts";
import type { ProfileStates, Sampling } from "./profile-parts.ts";
import { sideCoreset, sideSize } from "./side-coreset.ts";
import { dislikedRows, likedRows, weightsOf } from "./sides.ts";
import { BATCH, StatesMemory } from "./states-memory.ts";

const OPTIONS = namesOf<ProfileOptions>({
	ratio: true,
	size: true,
	seed: true,
	halfLife: true,
	signal: true,
	onProgress: true,
	loras: true,
});

/**
 * Makes a profile (paper section 4.2): history → embeddings → coreset (Algorithm 1) → the coreset's conditions. See `DrUM.profile`.
 * @throws ArgumentError naming the wrong history row or option; DeviceError if a hidden state is not finite; the signal's reason
 */
export async function makeProfile(
	mix: Mix,
	encoders: Encoders,
	history: readonly HistoryItem[],
	options: ProfileOptions,
): Promise<Profile> {
	checkNames("profile", options, OPTIONS);
	const { ratio, size, seed = 42, halfLife } = options;
	const sampling = checkSampling({ ratio, size, seed, halfLife });
	return build(mix, encoders, checkHistory(history), undefined, sampling, options);
}

/**
 * Makes the profile of a history that has grown. See `DrUM.extend`. Old rows are only encoded if they newly enter the coreset. Options that
 * are not given keep the profile's values.
 * @throws as `makeProfile`, and ArgumentError if the profile was made with other encoders, LoRAs or learned tokens
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
	const { seed, halfLife, ...share } = profile.sampling;
	const asked =
		options.ratio !== undefined || options.size !== undefined ? { ratio: options.ratio, size: options.size } : share;
	const all = checkHistory(history, profile.history);
	const { seed: newSeed = seed, halfLife: newHalfLife = halfLife } = options;
	const sampling = checkSampling({ ...asked, seed: newSeed, halfLife: newHalfLife });
	return build(mix, encoders, all, profile, sampling, options);
}

async function build(
	mix: Mix,
	encoders: Encoders,
	history: DatedReference[],
	old: Profile | undefined,
	sampling: Sampling,
	options: ProfileOptions,
): Promise<Profile> {
	const { signal, onProgress } = options;
	const known = old?.history.length ?? 0;
	const weights = weightsOf(history, sampling.halfLife);
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
		if (!encoding.features) {
			const next = "Choose a mix whose features come from a CLIP encoder";
			throw new ArgumentError({ what: featured.name, expected: "text features", found: "none", next });
		}
		rows.push(encoding.features.data);
		memory.remember(mix.features, encoding, from);
		onProgress?.({ station: "embeddings", done: to - known, total: history.length - known });
	}
	const features = joined(rows, history.length);

	// embeddings → coreset
	await nextTurn();
	signal?.throwIfAborted();
	const sides = [likedRows(history), dislikedRows(history)] as const;
	const total = sideSize(sides[0], sampling) + sideSize(sides[1], sampling);
	let before = 0;
	const onPick = (done: number) => onProgress?.({ station: "coreset", done: before + done, total });
	const draw = { sampling, signal, onProgress: onPick };
	const liked = await sideCoreset(features, weights, sides[0], draw);
	before = liked.length;
	const disliked = sides[1].length > 0 ? await sideCoreset(features, weights, sides[1], draw) : [];

	// coreset → profile
	signal?.throwIfAborted();
	const states = await memory.states(history, [...liked, ...disliked], options);
	signal?.throwIfAborted();
	const after = encoderPrints(encoders, texts);
	if (Object.keys(after).some((name) => after[name] !== fingerprints[name])) {
		const next = "Load the textual inversions first, then make it again";
		throw new ArgumentError({
			what: "profile",
			expected: "encoders that do not change meanwhile",
			found: "changed ones",
			next,
		});
	}
	const { warnings } = cut;
	return new Profile({
		...{ history, features, fingerprints, sampling, warnings },
		...{ coreset: liked, states: states.map((each) => rowsOf(each, 0, liked.length)) },
		negativeCoreset: disliked,
		negativeStates: disliked.length > 0 ? states.map((each) => rowsOf(each, liked.length, disliked.length)) : [],
	});
}

/** Some of the references' states, without a copy. */
function rowsOf({ hidden, ...of }: ProfileStates, from: number, count: number): ProfileStates {
	const [rows, tokens, width] = hidden.dims as [number, number, number];
	if (count === rows) return { ...of, hidden };
	const size = tokens * width;
	return { ...of, hidden: float32(hidden.data.subarray(from * size, (from + count) * size), [count, tokens, width]) };
}

function checkSampling({ ratio, size, seed, halfLife }: Sampling): Sampling {
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
	if (halfLife !== undefined && !(typeof halfLife === "number" && halfLife > 0)) {
		throw new ArgumentError({ what: "halfLife", expected: "a number of days above 0", found: shown(halfLife) });
	}
	return {
		...(ratio !== undefined && { ratio }),
		...(size !== undefined && { size }),
		seed,
		...(halfLife !== undefined && Number.isFinite(halfLife) && { halfLife }),
	};
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
