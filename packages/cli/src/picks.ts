import type { Reference } from "@drum/pipeline";
import { table } from "./printable.ts";

/** A row of a history that was chosen. */
export interface Pick {
	/** Its place in the history, from 0. */
	index: number;
	intensity: number;
	prompt: string;
}

/** The chosen rows of a history, in the order chosen. */
export function picksOf(history: readonly Reference[], chosen: readonly number[]): Pick[] {
	return chosen.map((index) => ({ index, intensity: history[index]!.intensity, prompt: history[index]!.prompt }));
}

/** Chosen rows for the eye; nothing where there are none. */
export function picksTable(picks: readonly Pick[]): string {
	if (picks.length === 0) return "";
	const rows = picks.map(({ index, intensity, prompt }) => [String(index), String(intensity), prompt]);
	return table([["index", "intensity", "prompt"], ...rows]);
}
