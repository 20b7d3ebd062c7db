import type { GenerateOptions } from "./options.ts";
import { Turns } from "./turns.ts";

/** Where a call of `generate` is: how many come before it, the one that runs included, or how far a station's work is. */
export type GenerateProgress =
	| { readonly station: "queue"; readonly place: number }
	| { readonly station: Station; readonly done: number; readonly total: number };

/** `denoised` counts calls of the denoiser, the others go from 0 of 1 to 1 of 1. */
type Station = "condition" | "denoised" | "image";

export type Reached = (station: Station, done: number, total?: number) => void;

/** Of this process: whichever model they are of, all run in one worker thread. */
const turns = new Turns();

/** Runs `task` when the call's turn has come; a call within it runs at once. */
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
