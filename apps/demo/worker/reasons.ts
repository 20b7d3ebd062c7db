import { RandomState } from "@drum/tensor";
import { cosine, type UnitRows } from "./cosines.ts";

/** Of Algorithm 1: how many random rows stand for all at the start. */
const PROBES = 10;

/** Why a row came into the coreset. */
export interface Reason {
	/** D when it was taken. */
	readonly score: number;
	/** Rank of the pick before that D comes from; undefined while it is the start's mean. */
	readonly nearestBefore: number | undefined;
}

/** D of Algorithm 1 at the time each row of the coreset was taken, and which row before it comes from. `seed` drew the start. */
export function reasonsOf(
	rows: UnitRows,
	intensities: ArrayLike<number>,
	coreset: readonly number[],
	seed: number,
): Reason[] {
	const probes = new RandomState(seed).choice(rows.count, Math.min(PROBES, rows.count));
	return coreset.map((row, rank) => {
		const intensity = intensities[row]!;
		let score = 0;
		for (let i = 0; i < probes.length; i++) score += (cosine(rows, probes[i]!, row) * intensity) / probes.length;
		let nearestBefore: number | undefined;
		for (let before = 0; before < rank; before++) {
			const similarity = cosine(rows, coreset[before]!, row) * intensity;
			if (similarity < score) [score, nearestBefore] = [similarity, before];
		}
		return { score, nearestBefore };
	});
}

/** For each row the rank of the pick nearest to it, by cosine; a pick stands for itself, and of equally near ones the first counts. */
export function nearestPicks(rows: UnitRows, coreset: readonly number[]): Int32Array {
	const nearest = new Int32Array(rows.count);
	for (let row = 0; row < rows.count; row++) {
		let most = Number.NEGATIVE_INFINITY;
		for (let rank = 0; rank < coreset.length; rank++) {
			const similarity = cosine(rows, coreset[rank]!, row);
			if (similarity > most) [most, nearest[row]] = [similarity, rank];
		}
	}
	for (const [rank, row] of coreset.entries()) nearest[row] = rank;
	return nearest;
}
