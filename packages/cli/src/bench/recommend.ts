import type { Measurement } from "./measure.ts";

/** What a dtype came to. */
export type Result = { dtype: string } & (Measurement | { error: string });

/** The settings to draw with on this machine. */
export interface Recommendation {
	dtype: string;
	offload: boolean;
	/** Why, in a sentence. */
	text: string;
}

/** Of two that are this close in time, the one that keeps more of the weights is taken. */
const CLOSE = 1.1;

/** The fastest; of those that are hardly slower, the first, which is the nearest to the weights as they are stored. */
export function recommend(results: readonly Result[]): Recommendation | undefined {
	const measured = results.filter((result) => "pictureSeconds" in result);
	if (measured.length === 0) return undefined;
	const fastest = Math.min(...measured.map(({ pictureSeconds }) => pictureSeconds));
	const { dtype, offload, pictureSeconds } = measured.find((each) => each.pictureSeconds <= CLOSE * fastest)!;
	const others =
		measured.length > 1 ? `, ${fastest === pictureSeconds ? "the fastest" : "as fast as any, within a tenth"}` : "";
	const memory = offload ? "; all models together do not fit the memory, so one is loaded at a time" : "";
	return { dtype, offload, text: `--dtype ${dtype}: ${pictureSeconds.toPrecision(3)} s a picture${others}${memory}` };
}
