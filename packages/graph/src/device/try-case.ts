import { float32 } from "@drum/tensor";
import { type Device, isProcessor } from "../device.ts";
import { Graph } from "../graph.ts";
import { runtimeOf } from "../runtime/runtimes.ts";
import type { Replaced } from "./plain-forms.ts";
import type { TrialCase } from "./trial-case.ts";
import { load } from "./trial-session.ts";
import type { Precision } from "./tried-operator.ts";

const NO_FALLBACK = /fallback to CPU EP has been explicitly disabled/;

export interface Tried {
	/** Largest difference as a part of the largest number expected. */
	readonly difference: number;
	/** Whether the device had all of it. */
	readonly there: boolean;
}

/** Computes a case on the device, by its own operators or by those in plain form; on the CPU what the device does not have. */
export async function tryCase(
	{ inputs, weights, build, expected }: TrialCase,
	{ device, precision, replaced }: { device: Device; precision: Precision; replaced: Replaced },
): Promise<Tried> {
	const graph = new Graph({ name: `${device} trial`, precision });
	const values = {
		...Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, graph.input(name, "float32", dims)])),
		...Object.fromEntries(Object.entries(weights).map(([name, { data, dims }]) => [name, graph.constant(data, dims)])),
	};
	const built = await graph.build({ found: build(values) }).replacing(replaced);
	const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { data, dims }]) => [name, float32(data, dims)]));
	const there = await load(built, device, !isProcessor(device)).then(
		(session) => session,
		(error: Error) => {
			if (NO_FALLBACK.test(error.message)) return undefined;
			throw error;
		},
	);
	const session = there ?? (await load(built, device, false));
	try {
		const result = await runtimeOf(device).ask({ call: "run", session, feeds, keep: {} });
		return {
			difference: differenceOf(result!.outputs.found!.data as Float32Array, expected()),
			there: there !== undefined,
		};
	} finally {
		await runtimeOf(device).ask({ call: "release", session });
	}
}

/** Infinite where a number is none. */
function differenceOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
	let [difference, largest] = [0, 0];
	for (let i = 0; i < expected.length; i++) {
		const apart = Math.abs(found[i]! - expected[i]!);
		if (!(apart <= difference)) difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
		largest = Math.max(largest, Math.abs(expected[i]!));
	}
	return found.length === expected.length ? difference / largest : Number.POSITIVE_INFINITY;
}
