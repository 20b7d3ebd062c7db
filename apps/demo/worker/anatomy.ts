import { type Explanation, explain } from "@drum/coreset";
import type { Profile } from "@drum/pipeline";
import { float32 } from "@drum/tensor";
import type { Entry, MapPoint, Pick as Picked, ProfileView } from "../api/index.ts";
import { type PrincipalMap, principalMap } from "./map.ts";
import { unitRows } from "./unit-rows.ts";

/** Of a profile what its view is worked out from. */
export interface Asked {
	/** `[history, width]` */
	readonly features: Float32Array;
	readonly intensities: readonly number[];
	readonly coreset: readonly number[];
	readonly seed: number;
}

export type Anatomy = Explanation & PrincipalMap;

/** What a view needs of a profile. */
export type Viewed = Pick<Profile, "history" | "features" | "coreset" | "sampling">;

export function askedOf({ history, features, coreset, sampling }: Viewed): Asked {
	const intensities = history.map(({ intensity }) => intensity);
	return { features: features.data, intensities, coreset, seed: sampling.seed };
}

/** Why each pick was taken, and where each prompt lies on the map. Of 10,000 prompts it takes seconds. */
export async function anatomyOf({ features, intensities, coreset, seed }: Asked): Promise<Anatomy> {
	const count = intensities.length;
	return {
		...(await explain(float32(features, [count, features.length / count]), coreset, { intensities, seed })),
		...principalMap(unitRows(features, count)),
	};
}

/** What is shown of a profile: its picks with their reasons, and the map of its history, whose entries are given in its order. */
export function viewFrom(
	{ picks: reasons, nearest, points, variance }: Anatomy,
	coreset: readonly number[],
	entries: readonly Entry[],
): { picks: Picked[]; map: MapPoint[]; variance: [number, number] } {
	const idOf = (row: number) => entries[row]!.id;
	const picks = reasons.map(({ index, weight, score, nearestBefore, standsFor }, rank): Picked => {
		const { id, prompt, intensity } = entries[index]!;
		return {
			...{ entryId: id, prompt, intensity, rank, weight, score, standsFor },
			...(nearestBefore !== undefined && { nearestBefore: idOf(nearestBefore) }),
		};
	});
	const map = entries.map(({ id, prompt, intensity }, row): MapPoint => {
		const [x, y] = [points[2 * row]!, points[2 * row + 1]!];
		return { entryId: id, prompt, intensity, x, y, pick: idOf(coreset[nearest[row]!]!) };
	});
	return { picks, map, variance } satisfies Partial<ProfileView>;
}
