import type { Score } from "./bench.ts";

export interface PersonResults {
	readonly settings: {
		readonly users: number;
		/** Users with profiles, among whom new ones find those who are like them. */
		readonly known: number;
		readonly seed: number;
		readonly steps: number;
	};
	readonly seconds: number;
	readonly machine: string;
	readonly pictures: number;
	/** Each user's scores by the rows' names. */
	readonly tables: Readonly<Record<"dislikes" | "beginnings" | "changes", Readonly<Record<string, readonly Score[]>>>>;
}
