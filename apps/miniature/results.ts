import { type Comparison, type Estimate, type Scores, summarize } from "@drum/eval";
import { machineName, methodResults, type Unit } from "@drum/eval-runs";
import type { Taste, Tasted, User } from "@drum/tiny";
import type { Settings } from "./settings.ts";

/** The encoder that Stable Diffusion 1 has. */
const ENCODER = "L";

/** A method over all users, compared with the prompts as they are. */
export interface MethodResult {
	/** Mean number of prompts of the history that were used. */
	readonly references: number;
	readonly textAlign: Comparison;
	/** Undefined where no pictures were drawn. */
	readonly clipScore?: Comparison | undefined;
	/** Share of pictures that show a taste of their user, 0 to 1: the mean over the user's tastes. */
	readonly shown?: Estimate | undefined;
	/** The same over the users whose taste is of that attribute. */
	readonly shownOf?: Readonly<Partial<Record<Tasted, Estimate>>> | undefined;
}

export interface Results {
	readonly settings: Settings;
	/** What was measured in all runs together took so long. */
	readonly seconds: number;
	readonly machine: string;
	readonly pictures: number;
	readonly users: readonly { tastes: readonly Taste[]; history: number; targets: readonly string[] }[];
	/** By the methods' names. */
	readonly methods: Readonly<Record<string, MethodResult>>;
	readonly measurements: readonly Measured[];
}

/** One user under one method. */
export interface Measured {
	readonly user: number;
	readonly method: string;
	readonly references: number;
	readonly textAlign: Scores;
	readonly clipScore?: Scores | undefined;
	/** For each of the user's tastes, the share of pictures that show it, 0 to 1. */
	readonly shown?: readonly number[] | undefined;
	readonly seconds: number;
}

/** A score of one measurement. */
export type Pick = (measurement: Measured) => number;

export function resultsOf(settings: Settings, users: readonly User[], units: readonly Unit[]): Results {
	const measurements = units.map(measuredOf);
	const methods = Object.entries(methodResults(units)).map(([name, { references, textAlign, clipScore }]) => {
		const result = { references, textAlign: textAlign[ENCODER]!, clipScore };
		return [name, clipScore ? { ...result, ...tasteResult(ofMethod(measurements, name), users) } : result] as const;
	});
	return {
		settings,
		seconds: measurements.reduce((sum, { seconds }) => sum + seconds, 0),
		machine: machineName(),
		pictures: measurements.reduce((sum, { user, clipScore }) => sum + (clipScore ? users[user]!.targets.length : 0), 0),
		users: users.map(({ tastes, history, targets }) => {
			return { tastes, history: history.length, targets: targets.map(({ prompt }) => prompt) };
		}),
		methods: Object.fromEntries(methods),
		measurements,
	};
}

function measuredOf({ user, method, measurement }: Unit): Measured {
	const { references, textAlign, clipScore, more, seconds } = measurement;
	const shown = more as readonly number[] | undefined;
	return { user, method, references, textAlign: textAlign[ENCODER]!, clipScore, shown, seconds };
}

function tasteResult(rows: readonly Measured[], users: readonly User[]) {
	return { shown: estimateOf(rows.map(shownOf)), shownOf: byAttribute(rows, users) };
}

function byAttribute(rows: readonly Measured[], users: readonly User[]): Partial<Record<Tasted, Estimate>> {
	const shares = new Map<Tasted, number[]>();
	for (const { user, shown } of rows) {
		for (const [i, { attribute }] of users[user]!.tastes.entries()) {
			shares.set(attribute, [...(shares.get(attribute) ?? []), shown![i]!]);
		}
	}
	return Object.fromEntries(Array.from(shares, ([attribute, values]) => [attribute, estimateOf(values)]));
}

/** The mean over a user's tastes of the share of pictures that show it. */
export function shownOf({ shown = [] }: Measured): number {
	return shown.reduce((sum, share) => sum + share, 0) / shown.length;
}

/** How much higher a score is with one method than with another, user by user. */
export function gain({ measurements }: Results, method: string, over: string, pick: Pick): Estimate {
	const [rows, others] = [ofMethod(measurements, method), ofMethod(measurements, over)];
	return estimateOf(rows.map((row, i) => pick(row) - pick(others[i]!)));
}

/** In the order of users. */
function ofMethod(measurements: readonly Measured[], name: string): Measured[] {
	return measurements.filter(({ method }) => method === name).sort((a, b) => a.user - b.user);
}

/** The mean over users, with its interval. */
export function estimateOf(values: readonly number[]): Estimate {
	return summarize(values.map((value) => ({ target: value, history: value }))).target;
}
