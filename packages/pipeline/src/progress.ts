import type { GenerateOptions, Station } from "./options.ts";
import { Turns } from "./turns.ts";

export type Reached = (station: Station, done: number, total?: number) => void;

/** The turns of this process, because calls of all models run in one worker thread. */
const turns = new Turns();

/** Runs `task` in the call's turn. A call within `task` runs at once. */
export function inTurn<T>(
	{ caller, onProgress, signal }: Pick<GenerateOptions, "caller" | "onProgress" | "signal">,
	task: () => Promise<T>,
): Promise<T> {
	const onPlace = (place: number) => onProgress?.({ station: "queue", place });
	return turns.take({ caller, signal, onPlace }, task);
}

export function stations({ onProgress }: GenerateOptions): Reached {
	return (station, done, total = 1) => onProgress?.({ station, done, total });
}
