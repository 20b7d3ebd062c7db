import { CheckpointError, type DrumError } from "@drum/tensor";

/** What the values of a result are like. */
export interface Statistics {
	dims: number[];
	min: number;
	max: number;
	mean: number;
	/** Standard deviation. */
	deviation: number;
}

export function statisticsOf({ dims, data }: { dims: readonly number[]; data: ArrayLike<number> }): Statistics {
	let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
	for (let i = 0; i < data.length; i++) {
		const value = data[i]!;
		min = Math.min(min, value);
		max = Math.max(max, value);
		sum += value;
		squares += value * value;
	}
	const mean = sum / data.length;
	return { dims: [...dims], min, max, mean, deviation: Math.sqrt(Math.max(0, squares / data.length - mean * mean)) };
}

/** Why results cannot be right, where one is not finite or has one value everywhere. */
export function refuseResults(what: string, results: Readonly<Record<string, Statistics>>): DrumError | undefined {
	for (const [name, { min, max, deviation, mean }] of Object.entries(results)) {
		if (Number.isFinite(mean) && Number.isFinite(min) && Number.isFinite(max) && deviation > 0) continue;
		return new CheckpointError({
			what: `${name} of ${what}`,
			expected: "finite numbers that differ",
			found: Number.isFinite(mean) ? `${mean} everywhere` : String(mean),
			next: "Check that the weights and config.json belong together",
		});
	}
	return undefined;
}
