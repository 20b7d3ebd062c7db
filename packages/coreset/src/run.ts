import type { Greedy } from "./greedy.ts";
import type { Slices } from "./slices.ts";

/** Progress and cancellation of a sampler. */
export interface Progress {
	/** Called with the number of entries that are taken and to be taken: at most once in a slice of about 8 ms, and at the end. */
	onProgress?: ((done: number, total: number) => void) | undefined;
	/** Cancels the call between two slices, which then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

/** Repeats `step` until `size` rows are taken. */
export async function run(greedy: Greedy, size: number, slices: Slices, { onProgress }: Progress): Promise<number[]> {
	const { picks } = greedy;
	while (picks.length < size) {
		greedy.step();
		if (slices.over) {
			onProgress?.(picks.length, size);
			await slices.next();
		}
	}
	onProgress?.(size, size);
	return picks;
}

/** All indices in order. */
export function everything(count: number, { onProgress }: Progress): number[] {
	onProgress?.(count, count);
	return Array.from({ length: count }, (_, index) => index);
}
