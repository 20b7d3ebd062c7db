import { RandomState } from "@drum/tensor";
import { type Captions, captions, type Told } from "@drum/tiny";

/** Two prompts of one thing in unlike colours, styles and grounds: Figure 7 leads from one to the other. */
export interface Pair {
	readonly target: string;
	readonly reference: string;
}

/** That are drawn beside each user. */
export const PAIRS_OF_USER = 2;

/** A pair's number and the seed alone decide. */
export function makePairs(count: number, seed: number): Pair[] {
	return Array.from({ length: count }, (_, number) => {
		const random = new RandomState((seed * 10_007 + 9_001 + number) % 2 ** 32);
		const source = captions(random.randint(0, 2 ** 31, 1)[0]!);
		const first = source.randomScene();
		const second = differing(source, first);
		const told = ({ subject, colour, style, ground }: Told): Told => ({ subject, colour, style, ground });
		return { target: source.describe(told(first)), reference: source.describe(told(second)) };
	});
}

function differing(source: Captions, first: Told): Told {
	for (;;) {
		const scene = source.randomScene({ subject: first.subject });
		if ((["colour", "style", "ground"] as const).every((name) => scene[name] !== first[name])) return scene;
	}
}
