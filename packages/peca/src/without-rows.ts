import { ArgumentError, float32, shown } from "@drum/tensor";
import { hasLearnedTokens } from "./encoder-prints.ts";
import type { DatedReference } from "./history.ts";
import type { ProfileParts, ProfileStates } from "./profile-parts.ts";
import { featuresOf } from "./side-coreset.ts";
import { weightsOf } from "./sides.ts";

/** Which rows of a history: those with a prompt, with one of several prompts, or for which a function returns true. */
export type Rows = string | readonly string[] | ((entry: DatedReference, row: number) => boolean);

/** The parts of a profile without some rows of its history, as copies. See `Profile.without`. */
export function withoutRows(parts: ProfileParts, which: Rows): ProfileParts {
	const {
		history,
		coreset,
		negativeCoreset = [],
		states,
		negativeStates = [],
		features,
		fingerprints,
		sampling,
	} = parts;
	const removed = removedRows(history, which);
	if (removed.size === 0) return parts;
	if (hasLearnedTokens(fingerprints)) {
		throw new ArgumentError({
			what: "profile",
			expected: "one without learned tokens in its prompts, to remove rows from it",
			found: "one with some",
			next: "Make it again from profile.history without these rows, with the model and its textual inversions: a profile does not record which of its prompts have which tokens",
		});
	}
	const kept = [...history.keys()].filter((row) => !removed.has(row));
	const placeOf = new Map(kept.map((row, place) => [row, place]));
	const all = weightsOf(history, sampling.halfLife);
	const side = (rows: readonly number[], of: readonly ProfileStates[]) => {
		const places = [...rows.keys()].filter((i) => placeOf.has(rows[i]!));
		// A coreset of weight 0 cannot be used.
		const left = places.some((i) => all[rows[i]!]! > 0) ? places : [];
		return { rows: left.map((i) => placeOf.get(rows[i]!)!), states: left.length > 0 ? pickStates(of, left) : [] };
	};
	const [liked, disliked] = [side(coreset, states), side(negativeCoreset, negativeStates)];
	const { data, dims } = featuresOf(features, kept);
	return {
		history: kept.map((row) => history[row]!),
		features: float32(data, dims),
		...{ coreset: liked.rows, states: liked.states },
		...{ negativeCoreset: disliked.rows, negativeStates: disliked.states },
		...{ fingerprints, sampling },
	};
}

/** Copies some references' states. */
function pickStates(states: readonly ProfileStates[], places: readonly number[]): ProfileStates[] {
	return states.map(({ hidden: { data, dims }, ...of }) => {
		const [, tokens, width] = dims as [number, number, number];
		const size = tokens * width;
		const own = new Float32Array(places.length * size);
		for (const [i, place] of places.entries()) own.set(data.subarray(place * size, (place + 1) * size), i * size);
		return { ...of, hidden: float32(own, [places.length, tokens, width]) };
	});
}

function removedRows(history: ProfileParts["history"], which: Rows): Set<number> {
	const rows = [...history.keys()];
	if (typeof which === "function") return new Set(rows.filter((row) => which(history[row]!, row)));
	const prompts: unknown = typeof which === "string" ? [which] : which;
	if (!Array.isArray(prompts) || !prompts.every((prompt) => typeof prompt === "string")) {
		const expected = "a prompt, a list of prompts, or a function of history rows";
		throw new ArgumentError({ what: "rows to remove", expected, found: shown(which) });
	}
	const known = new Set(history.map(({ prompt }) => prompt));
	const missing = prompts.find((prompt) => !known.has(prompt));
	if (missing === undefined) return new Set(rows.filter((row) => prompts.includes(history[row]!.prompt)));
	throw new ArgumentError({
		what: "prompt to remove",
		expected: "one of the profile's history, exactly as written",
		found: shown(missing),
		next: "A function finds prompts by a part of them: ({ prompt }) => prompt.includes(…)",
	});
}
