import type { ModelSources } from "@drum/eval-runs";

/** What every measurement here takes. */
export interface MeasureOptions {
	/** Folder of the report; what was measured before with the same settings may be used again. */
	readonly out: string;
	readonly users?: number | undefined;
	/** Of users, samples and pictures. Default 42. */
	readonly seed?: number | undefined;
	/** Few users and steps. */
	readonly quick?: boolean | undefined;
	/** Default those of `@drum/tiny`. */
	readonly folders?: ModelSources | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Called with how much is done, of how much. */
	readonly onProgress?: ((done: number, total: number) => void) | undefined;
}
