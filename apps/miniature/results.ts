import { cpus } from "node:os";
import { type Comparison, compare, type Estimate, type Scores, type Summary, summarize } from "@drum/eval";
import { PLAIN } from "./methods.ts";
import type { Settings } from "./settings.ts";
import type { Measurement } from "./study.ts";
import type { Taste, Tasted, User } from "./users.ts";

/** A method over all users, beside the prompts as they are. */
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
	readonly measurements: readonly Measurement[];
}

/** A score of one measurement. */
export type Pick = (measurement: Measurement) => number;

export function resultsOf(settings: Settings, users: readonly User[], measurements: readonly Measurement[]): Results {
	const names = new Set(measurements.map(({ method }) => method));
	const plain = ofMethod(measurements, PLAIN.name);
	const result = (name: string) => methodResult(plain, ofMethod(measurements, name), users);
	return {
		settings,
		seconds: measurements.reduce((sum, { seconds }) => sum + seconds, 0),
		machine: `${cpus().length} × ${cpus()[0]?.model ?? "an unknown processor"}, Node.js ${process.version}`,
		pictures: measurements.reduce((sum, { user, clipScore }) => sum + (clipScore ? users[user]!.targets.length : 0), 0),
		users: users.map(({ tastes, history, targets }) => {
			return { tastes, history: history.length, targets: targets.map(({ prompt }) => prompt) };
		}),
		methods: Object.fromEntries(Array.from(names, (name) => [name, result(name)])),
		measurements,
	};
}

function methodResult(
	plain: readonly Measurement[],
	rows: readonly Measurement[],
	users: readonly User[],
): MethodResult {
	const between = (pick: (row: Measurement) => Scores) => compare(plain.map(pick), rows.map(pick));
	return {
		references: rows.reduce((sum, { references }) => sum + references, 0) / rows.length,
		textAlign: between(({ textAlign }) => textAlign),
		...(rows.every(({ clipScore }) => clipScore) && {
			clipScore: between(({ clipScore }) => clipScore!),
			shown: estimateOf(rows.map(shownOf)),
			shownOf: byAttribute(rows, users),
		}),
	};
}

function byAttribute(rows: readonly Measurement[], users: readonly User[]): Partial<Record<Tasted, Estimate>> {
	const shares = new Map<Tasted, number[]>();
	for (const { user, shown } of rows) {
		for (const [i, { attribute }] of users[user]!.tastes.entries()) {
			shares.set(attribute, [...(shares.get(attribute) ?? []), shown![i]!]);
		}
	}
	return Object.fromEntries(Array.from(shares, ([attribute, values]) => [attribute, estimateOf(values)]));
}

/** The mean over a user's tastes of the share of pictures that show it. */
export function shownOf({ shown = [] }: Measurement): number {
	return shown.reduce((sum, share) => sum + share, 0) / shown.length;
}

/** How much higher a score is with one method than with another, user by user. */
export function gain({ measurements }: Results, method: string, over: string, pick: Pick): Estimate {
	const [rows, others] = [ofMethod(measurements, method), ofMethod(measurements, over)];
	return estimateOf(rows.map((row, i) => pick(row) - pick(others[i]!)));
}

/** Of target and history. */
export function meanOf({ target, history }: Summary): number {
	return (target.value + history.value) / 2;
}

/** In the order of users. */
function ofMethod(measurements: readonly Measurement[], name: string): Measurement[] {
	return measurements.filter(({ method }) => method === name).sort((a, b) => a.user - b.user);
}

function estimateOf(values: readonly number[]): Estimate {
	return summarize(values.map((value) => ({ target: value, history: value }))).target;
}
