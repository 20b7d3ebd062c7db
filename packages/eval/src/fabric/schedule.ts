import { roundHalfEven } from "@drum/diffusion";
import type { Feedback } from "@drum/pipelines-sd";
import { ArgumentError, shown } from "@drum/tensor";

/** When feedback counts and how much; the names and defaults are those of diffusers' community pipeline. */
export interface FabricSchedule {
	/** The part of the run after which feedback counts most, 0 to 1. Default 0.33. */
	feedbackStartRatio?: number | undefined;
	/** The part of the run up to which it does. Default 0.66. */
	feedbackEndRatio?: number | undefined;
	/** How much a token of a liked picture counts against one of the picture's own at other times, from 0. Default 0.05. */
	minWeight?: number | undefined;
	/** How much it counts between start and end. Default 0.8. */
	maxWeight?: number | undefined;
	/** Disliked pictures count so much of that. Default 0.5. */
	negScale?: number | undefined;
	/** In the network's middle liked pictures count so much of their weight at its outer blocks; linear between. Default 1. */
	posBottleneckScale?: number | undefined;
	/** The same for disliked ones. Default 1. */
	negBottleneckScale?: number | undefined;
}

const FABRIC_DEFAULTS = {
	feedbackStartRatio: 0.33,
	feedbackEndRatio: 0.66,
	minWeight: 0.05,
	maxWeight: 0.8,
	negScale: 0.5,
	posBottleneckScale: 1,
	negBottleneckScale: 1,
} as const satisfies Required<FabricSchedule>;

export type CheckedSchedule = Readonly<Record<keyof FabricSchedule, number>>;

const RATIOS: ReadonlySet<string> = new Set(["feedbackStartRatio", "feedbackEndRatio"]);
/** What is larger is no share of anything, and far from overflow. */
const MOST = 1e4;

/**
 * A schedule with its defaults filled in.
 * @throws ArgumentError naming the number that is out of range.
 */
export function checkSchedule(schedule: FabricSchedule): CheckedSchedule {
	const names = Object.keys(FABRIC_DEFAULTS) as (keyof FabricSchedule)[];
	const entries = names.map((name) => {
		const value: unknown = schedule[name] ?? FABRIC_DEFAULTS[name];
		const most = RATIOS.has(name) ? 1 : MOST;
		if (typeof value === "number" && value >= 0 && value <= most) return [name, value];
		throw new ArgumentError({ what: name, expected: `a number from 0 to ${most}`, found: shown(value) });
	});
	return Object.fromEntries(entries) as CheckedSchedule;
}

/** The options that are not the schedule's. */
export function withoutSchedule<Options extends FabricSchedule>(options: Options): Omit<Options, keyof FabricSchedule> {
	const rest = Object.entries(options).filter(([name]) => !Object.hasOwn(FABRIC_DEFAULTS, name));
	return Object.fromEntries(rest) as unknown as Omit<Options, keyof FabricSchedule>;
}

/** The weight of liked pictures in call `i` of so many: the most from start to end, both included, the least elsewhere. */
export function weightAt(schedule: CheckedSchedule, i: number, calls: number): number {
	const start = roundHalfEven(calls * schedule.feedbackStartRatio);
	const end = roundHalfEven(calls * schedule.feedbackEndRatio);
	return i >= start && i <= end ? schedule.maxWeight : schedule.minWeight;
}

/** What a weight is at each of `depths` of the network, of which the last is its middle. */
export function weightsByDepth(schedule: CheckedSchedule, weight: number, depths: number): Feedback["weights"] {
	const { negScale, posBottleneckScale, negBottleneckScale } = schedule;
	return Array.from({ length: depths }, (_, depth) => {
		const way = depth / (depths - 1);
		return {
			liked: weight * (1 + way * (posBottleneckScale - 1)),
			disliked: weight * negScale * (1 + way * (negBottleneckScale - 1)),
		};
	});
}
