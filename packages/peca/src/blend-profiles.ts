import { ArgumentError, checkNames, float32, shown, type Tensor } from "@drum/tensor";
import { hasLearnedTokens } from "./encoder-prints.ts";
import type { DatedReference } from "./history.ts";
import type { ProfileParts, ProfileStates } from "./profile-parts.ts";
import { sideCoreset } from "./side-coreset.ts";
import { weightsOf } from "./sides.ts";

/** How `Profile.blend` chooses references. */
export interface BlendOptions {
	/**
	 * Most references that the blend keeps, of likes and of dislikes each. Algorithm 1 chooses among the references of all profiles. Default:
	 * as many as the largest of the profiles has.
	 */
	size?: number | undefined;
	/** Seed of the coreset's first draw, as in NumPy: an integer from 0 to 2^32 − 1. Default 42. */
	seed?: number | undefined;
	/** Cancels the call, which then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

/** A profile's parts with its weight in the blend. */
export interface Weighed {
	readonly parts: ProfileParts;
	readonly weight: number;
}

/** One prompt among the likes or the dislikes of a blend. */
interface Blended {
	readonly prompt: string;
	readonly from: ProfileParts;
	/** Its place in the coreset of that profile, and in its history. */
	readonly place: number;
	readonly row: number;
	/** What each profile contributes to its intensity. Over all references of a profile, this sums to the profile's weight. */
	readonly shares: Map<Weighed, number>;
}

/** The likes or the dislikes of a blend. */
interface BlendSide {
	readonly history: DatedReference[];
	readonly features: Float32Array[];
	readonly states: ProfileStates[];
}

/** Joins the references of several profiles. See `Profile.blend`. */
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
	// The share of a reference that Algorithm 1 leaves out goes to the other references of its profile, so that the profile keeps its weight.
	const kept = picked.map((i) => rows[i]!);
	const given = new Map(all.map((each) => [each, sum(kept.map(({ shares }) => shares.get(each) ?? 0))]));
	const history = kept.map(({ prompt, shares }): DatedReference => {
		const parts = Array.from(shares, ([each, share]) => (share > 0 ? (each.weight * share) / given.get(each)! : 0));
		return { prompt, intensity: side === "liked" ? sum(parts) : -sum(parts) };
	});
	return { history, features: picked.map((i) => features[i]!), states: joinStates(kept, side) };
}

type Side = "liked" | "disliked";

/** The prompts of one side, each once. */
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

/** @throws ArgumentError for a profile with other encoders, LoRAs or shapes than the first, or with learned tokens */
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
				"Make one profile from the references of all, with the model and its textual inversions: a profile does not record which of its prompts have which tokens";
			throw new ArgumentError({ what, expected: "prompts without learned tokens", found: "some with them", next });
		}
		if (!isAlike(parts.fingerprints, all[0]!.parts.fingerprints)) {
			throw new ArgumentError({
				what,
				expected: "one made with the same encoders, LoRAs and scales as the first",
				found: "one made with others",
				next: "Make it again from its history, with the model and LoRAs of the first",
			});
		}
		const own = new Map(shapes(parts));
		const width = parts.history.length > 0 ? parts.features.dims[1] : undefined;
		const first = all.find((each) => each.parts.history.length > 0)?.parts.features.dims[1];
		const isOther = [...known].some(([key, shape]) => own.size > 0 && own.get(key) !== shape);
		if (!isOther && (width === undefined || width === first)) continue;
		throw new ArgumentError({
			what,
			expected: "states and features of the same sizes as the first",
			found: "other sizes",
		});
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

/** Stacks rows of the same width: `[rows, width]`. */
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
