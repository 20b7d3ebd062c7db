import type { Random } from "./random.ts";

/** Something that reads files of strangers. */
export interface Target {
	readonly name: string;
	/** @param folder an empty one, for its files */
	prepare(folder: string): Promise<Attempt>;
}

/** Makes one changed file and gives it to the reader. A DrumError refuses it; any other error is a failure. */
export type Attempt = (random: Random) => Promise<void>;

/** Where a file of this repository lies. */
export function inRepository(path: string): URL {
	return new URL(`../../${path}`, import.meta.url);
}
