import { ArgumentError, checkNames, float32, shown, type Tensor } from "@drum/tensor";
import { hasLearnedTokens } from "./encoder-prints.ts";
import type { DatedReference } from "./history.ts";
import type { ProfileParts, ProfileStates } from "./profile-parts.ts";
import { sideCoreset } from "./side-coreset.ts";
import { weightsOf } from "./sides.ts";

export interface BlendOptions {
	/**
	 * How many references the blend keeps on each side at most; Algorithm 1 chooses among those of all profiles. Default: as many as the
	 * profile has that has most.
	 */
	size?: number | undefined;
	/** Seed of the coreset's first draw, as NumPy's. Default 42. */
	seed?: number | undefined;
	signal?: AbortSignal | undefined;
}

/** A profile's parts, and how much they count. */
export interface Weighed {
	readonly parts: ProfileParts;
	readonly weight: number;
}

/** One prompt of a blend's side. */
interface Blended {
	readonly prompt: string;
	readonly from: ProfileParts;
	/** Its place in the coreset of that profile, and in its history. */
	readonly place: number;
	readonly row: number;
	/** What each profile gives it: together its weight, over the references that the profile has. */
	readonly shares: Map<Weighed, number>;
}

/** One side of a blend, ready for its profile. */
interface BlendSide {
	readonly history: DatedReference[];
	readonly features: Float32Array[];
	readonly states: ProfileStates[];
}

/** The references of several profiles as those of one. */
export async function blendProfiles(all: readonly Weighed[], options: BlendOptions = {}): Promise<ProfileParts> {
	checkNames("Profile.blend", options, ["size", "seed", "signal"] satisfies (keyof BlendOptions)[]);
	const { size, seed = 42 } = options;
	if (size !== undefined && !(Number.isSafeInteger(size) && size >= 1)) {
		throw new ArgumentError({ what: "size", expected: "an integer from 1", found: shown(size) });
	}
	for (const { weight } of all) {
		if (typeof weight === "number" && Number.isFinite(weight) && weight > 0) continue;
		throw new ArgumentError({ what: "weight of a blend", expected: "a number above 0", found: shown(weight) });
	}
	checkAlike(all);
	const liked = await blendSide(all, "liked", options);
	const disliked = await blendSide(all, "disliked", options);
	const most = Math.max(1, liked.history.length, disliked.history.length);
	return {
		history: [...liked.history, ...disliked.history],
		features: stacked([...liked.features, ...disliked.features]),
		coreset: [...liked.history.keys()],
		states: liked.states,
		negativeCoreset: Array.from(disliked.history, (_, i) => liked.history.length + i),
		negativeStates: disliked.states,
		fingerprints: all[0]!.parts.fingerprints,
		sampling: { size: size ?? most, seed },
	};
}

async function blendSide(all: readonly Weighed[], side: Side, options: BlendOptions): Promise<BlendSide> {
	const { seed = 42, signal } = options;
	const rows = blendedRows(all, side);
	if (rows.length === 0) return { history: [], features: [], states: [] };
	const features = rows.map(({ from, row }) => featureOf(from, row));
	const size = options.size ?? Math.max(...all.map(({ parts }) => coresetOf(parts, side).length));
	const picked = await sideCoreset(
		stacked(features),
		Float64Array.from(rows, ({ shares }) => sum(shares.values())),
		[...rows.keys()],
		{ sampling: { size, seed }, signal, onProgress: () => {} },
	);
	// What Algorithm 1 left out goes to the other references of its profile, whose weight so stays.
	const kept = picked.map((i) => rows[i]!);
	const given = new Map(all.map((each) => [each, sum(kept.map(({ shares }) => shares.get(each) ?? 0))]));
	const history = kept.map(({ prompt, shares }): DatedReference => {
		const parts = Array.from(shares, ([each, share]) => (share > 0 ? (each.weight * share) / given.get(each)! : 0));
		return { prompt, intensity: side === "liked" ? sum(parts) : -sum(parts) };
	});
	return { history, features: picked.map((i) => features[i]!), states: joinStates(kept, side) };
}

type Side = "liked" | "disliked";

/** Each prompt of a side once. */
function blendedRows(all: readonly Weighed[], side: Side): Blended[] {
	const rows = new Map<string, Blended>();
	for (const each of all) {
		const { parts, weight } = each;
		const weights = weightsOf(parts.history, parts.sampling.halfLife);
		const coreset = coresetOf(parts, side);
		const total = sum(coreset.map((row) => weights[row]!));
		for (const [place, row] of coreset.entries()) {
			const { prompt } = parts.history[row]!;
			const own = rows.get(prompt) ?? { prompt, from: parts, place, row, shares: new Map() };
			rows.set(prompt, own);
			own.shares.set(each, (own.shares.get(each) ?? 0) + (weight * weights[row]!) / total);
		}
	}
	return [...rows.values()];
}

function joinStates(kept: readonly Blended[], side: Side): ProfileStates[] {
	return statesOf(kept[0]!.from, side).map(({ encoder, skip, hidden }) => {
		const [, tokens, width] = hidden.dims as [number, number, number];
		const size = tokens * width;
		const data = new Float32Array(kept.length * size);
		for (const [i, { from, place }] of kept.entries()) {
			const own = statesOf(from, side).find((each) => each.encoder === encoder && each.skip === skip)!;
			data.set(own.hidden.data.subarray(place * size, (place + 1) * size), i * size);
		}
		return { encoder, skip, hidden: float32(data, [kept.length, tokens, width]) };
	});
}

/** @throws ArgumentError for profiles of other encoders, LoRAs or shapes than the first's. */
function checkAlike(all: readonly Weighed[]): void {
	const shapes = (parts: ProfileParts) =>
		[...parts.states, ...(parts.negativeStates ?? [])].map(({ encoder, skip, hidden }) => {
			return [`${encoder}${skip}`, hidden.dims.slice(1).join(" × ")] as const;
		});
	const known = new Map(all.flatMap(({ parts }) => shapes(parts)));
	for (const [i, { parts }] of all.entries()) {
		const what = `profile ${i} of the blend`;
		if (hasLearnedTokens(parts.fingerprints)) {
			const next =
				"Make one profile of the references of all, by the model with its textual inversions: which of its prompts have which tokens, a profile does not know";
			throw new ArgumentError({ what, expected: "prompts without learned tokens", found: "some with them", next });
		}
		if (!isAlike(parts.fingerprints, all[0]!.parts.fingerprints)) {
			throw new ArgumentError({
				what,
				expected: "one made with the encoders of the first, under the same LoRAs and scales",
				found: "one made with others",
				next: "Make it again from its history as the first was made",
			});
		}
		const own = new Map(shapes(parts));
		const width = parts.history.length > 0 ? parts.features.dims[1] : undefined;
		const first = all.find((each) => each.parts.history.length > 0)?.parts.features.dims[1];
		const isOther = [...known].some(([key, shape]) => own.size > 0 && own.get(key) !== shape);
		if (!isOther && (width === undefined || width === first)) continue;
		throw new ArgumentError({ what, expected: "states and features of the first's sizes", found: "others" });
	}
}

function isAlike(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
	const names = new Set([...Object.keys(a), ...Object.keys(b)]);
	return [...names].every((name) => a[name] === b[name]);
}

function coresetOf({ coreset, negativeCoreset = [] }: ProfileParts, side: Side): readonly number[] {
	return side === "liked" ? coreset : negativeCoreset;
}

function statesOf({ states, negativeStates = [] }: ProfileParts, side: Side): readonly ProfileStates[] {
	return side === "liked" ? states : negativeStates;
}

function featureOf({ features }: ProfileParts, row: number): Float32Array {
	const width = features.dims[1]!;
	return features.data.subarray(row * width, (row + 1) * width);
}

/** Rows of one width, `[rows, width]`. */
function stacked(rows: readonly Float32Array[]): Tensor<"float32"> {
	const width = rows[0]?.length ?? 0;
	const data = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries()) data.set(row, i * width);
	return float32(data, [rows.length, width]);
}

function sum(values: Iterable<number>): number {
	let total = 0;
	for (const value of values) total += value;
	return total;
}
