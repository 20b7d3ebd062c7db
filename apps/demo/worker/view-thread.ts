import { parentPort, workerData } from "node:worker_threads";
import { unitRows } from "./cosines.ts";
import { type PrincipalMap, principalMap } from "./map.ts";
import { nearestPicks, type Reason, reasonsOf } from "./reasons.ts";

/** Of a profile what the view is worked out from. */
export interface Asked {
	/** `[history, width]` */
	readonly features: Float32Array;
	readonly intensities: readonly number[];
	readonly coreset: readonly number[];
	readonly seed: number;
}

export interface Anatomy extends PrincipalMap {
	/** Of each pick. */
	readonly reasons: readonly Reason[];
	/** For each row of the history the rank of the pick that stands for it. */
	readonly nearest: Int32Array;
}

const { features, intensities, coreset, seed } = workerData as Asked;
const rows = unitRows(features, intensities.length);
const anatomy: Anatomy = {
	reasons: reasonsOf(rows, intensities, coreset, seed),
	nearest: nearestPicks(rows, coreset),
	...principalMap(rows),
};
parentPort!.postMessage(anatomy);
