import { type Explanation, explain, type PickReason } from "@drum/coreset";
import { dislikedRows, likedRows } from "@drum/peca";
import type { Profile } from "@drum/pipeline";
import { float32 } from "@drum/tensor";
import type { Entry, MapPoint, Pick as Picked, ProfileView } from "../api/index.ts";
import { type PrincipalMap, principalMap } from "./map.ts";
import { unitRows } from "./unit-rows.ts";

/** Of a profile what its view is worked out from. */
export interface Asked {
	/** `[history, width]` */
	readonly features: Float32Array;
	/** Of each row, below 0 for a dislike. */
	readonly intensities: readonly number[];
	/** What each row counts in the coreset, from 0. */
	readonly weights: Float64Array;
	readonly coreset: readonly number[];
	readonly negativeCoreset: readonly number[];
	readonly seed: number;
}

/** Rows stand for their places in the history. */
export interface Anatomy extends PrincipalMap {
	/** Those of what is liked, then those of what is disliked; each with its place among its own. */
	readonly picks: readonly (PickReason & { readonly rank: number })[];
	/** For each row the one that stands for it; itself where its side has none. */
	readonly nearest: readonly number[];
}

/** What a view needs of a profile. */
export type Viewed = Pick<Profile, "history" | "features" | "weights" | "coreset" | "negativeCoreset" | "sampling">;

export function askedOf({ history, features, weights, coreset, negativeCoreset, sampling }: Viewed): Asked {
	const intensities = history.map(({ intensity }) => intensity);
	return { features: features.data, intensities, weights, coreset, negativeCoreset, seed: sampling.seed };
}

/** Why each pick was taken, and where each prompt lies on the map. Of 10,000 prompts it takes seconds. */
export async function anatomyOf(asked: Asked): Promise<Anatomy> {
	const { features, intensities, coreset, negativeCoreset } = asked;
	const rows = intensities.map((intensity) => ({ intensity }));
	const nearest = [...intensities.keys()];
	const picks: Anatomy["picks"][number][] = [];
	for (const [side, chosen] of [
		[likedRows(rows), coreset],
		[dislikedRows(rows), negativeCoreset],
	] as const) {
		if (chosen.length === 0) continue;
		const found = await explainSide(asked, side, chosen);
		for (const [i, rank] of found.nearest.entries()) nearest[side[i]!] = chosen[rank]!;
		for (const [rank, { index, nearestBefore, ...reason }] of found.picks.entries()) {
			const before = nearestBefore === undefined ? undefined : side[nearestBefore]!;
			picks.push({ ...reason, index: side[index]!, nearestBefore: before, rank });
		}
	}
	return { picks, nearest, ...principalMap(unitRows(features, intensities.length)) };
}

function explainSide(
	{ features, intensities, weights, seed }: Asked,
	side: readonly number[],
	chosen: readonly number[],
): Promise<Explanation> {
	const width = features.length / intensities.length;
	const own = new Float32Array(side.length * width);
	for (const [i, row] of side.entries()) own.set(features.subarray(row * width, (row + 1) * width), i * width);
	const places = new Map(side.map((row, i) => [row, i]));
	return explain(
		float32(own, [side.length, width]),
		chosen.map((row) => places.get(row)!),
		{ intensities: side.map((row) => weights[row]!), seed },
	);
}

/** What is shown of a profile: its picks with their reasons, and the map of its history, whose entries are given in its order. */
export function viewFrom(
	{ picks: reasons, nearest, points, variance }: Anatomy,
	entries: readonly Entry[],
): { picks: Picked[]; map: MapPoint[]; variance: [number, number] } {
	const idOf = (row: number) => entries[row]!.id;
	const picks = reasons.map(({ index, rank, weight, score, nearestBefore, standsFor }): Picked => {
		const { id, prompt, intensity } = entries[index]!;
		return {
			...{ entryId: id, prompt, intensity, rank, weight, score, standsFor },
			...(nearestBefore !== undefined && { nearestBefore: idOf(nearestBefore) }),
		};
	});
	const map = entries.map(({ id, prompt, intensity }, row): MapPoint => {
		const [x, y] = [points[2 * row]!, points[2 * row + 1]!];
		return { entryId: id, prompt, intensity, x, y, pick: idOf(nearest[row]!) };
	});
	return { picks, map, variance } satisfies Partial<ProfileView>;
}
