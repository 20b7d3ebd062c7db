import type { Greedy } from "./greedy.ts";
import type { Slices } from "./slices.ts";

/** What a sampler that takes its time reports and heeds. */
export interface Progress {
	/** Called as entries are taken, at most once a slice of about 8 ms, and at the end. */
	onProgress?: ((done: number, total: number) => void) | undefined;
	/** Ends the call between two slices: it then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

/** Steps until `size` rows are taken. */
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
