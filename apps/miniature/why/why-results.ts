import type { Scores } from "@drum/eval";
import type { Row } from "./studies.ts";

/** Degrees of personalization between two prompts. */
export const DEGREES = [0, 0.2, 0.4, 0.6, 0.8, 1] as const;

export interface MeasuredUser {
	/** By their names. */
	readonly rows: Readonly<Record<string, Row>>;
	/** Each pair's scores at each of `DEGREES`; its history is the reference. */
	readonly pairs: readonly (readonly Scores[])[];
	readonly seconds: number;
}

export interface WhyResults {
	readonly settings: {
		readonly users: number;
		readonly seed: number;
		/** Prompts of the long history. */
		readonly long: number;
		readonly steps: number;
	};
	readonly machine: string;
	readonly pictures: number;
	readonly users: readonly MeasuredUser[];
}
