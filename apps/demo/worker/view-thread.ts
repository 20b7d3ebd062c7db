import { parentPort } from "node:worker_threads";
import { type Explanation, explain } from "@drum/coreset";
import { float32 } from "@drum/tensor";
import { type PrincipalMap, principalMap } from "./map.ts";
import { unitRows } from "./unit-rows.ts";

/** Of a profile what the view is worked out from. */
export interface Asked {
	/** `[history, width]` */
	readonly features: Float32Array;
	readonly intensities: readonly number[];
	readonly coreset: readonly number[];
	readonly seed: number;
}

export type Anatomy = Explanation & PrincipalMap;

parentPort!.on("message", async ({ features, intensities, coreset, seed }: Asked) => {
	const count = intensities.length;
	const anatomy: Anatomy = {
		...(await explain(float32(features, [count, features.length / count]), coreset, { intensities, seed })),
		...principalMap(unitRows(features, count)),
	};
	parentPort!.postMessage(anatomy);
});
