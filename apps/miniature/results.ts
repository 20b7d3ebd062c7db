import { type Comparison, compare, type Scores, type Summary, summarize } from "@drum/eval";
import { ABLATIONS, degrees, PLAIN, SAMPLERS, samplings } from "./methods.ts";
import type { Settings } from "./settings.ts";
import type { Measurement } from "./study.ts";
import type { User } from "./users.ts";

/** Pictures that show a taste, 0 to 1. */
export interface Shown {
	readonly plain: number;
	readonly personalized: number;
}

/** Everything that a report tells. Scores are × 100, with bootstrap intervals over users. */
export interface Results {
	readonly settings: Settings;
	readonly users: { readonly tastes: number; readonly history: readonly [least: number, most: number] };
	/** Table 2: unpersonalised against DrUM. */
	readonly clipScore: Comparison;
	readonly textAlign: Comparison;
	/** Table 3 by the paper's names: CLIP score against unpersonalised. */
	readonly ablations: Readonly<Record<string, Comparison>>;
	/** Figure 3: Text align of each sampler at each ratio. */
	readonly sampling: Readonly<Record<string, readonly { readonly ratio: number; readonly textAlign: Summary }[]>>;
	/** Figure 7 in numbers: CLIP score, and pictures that show the users' tastes, at each degree. */
	readonly degrees: readonly { readonly alpha: number; readonly clipScore: Summary; readonly shown: number }[];
	/** Pictures that show the users' tastes, plain and with DrUM. */
	readonly tastes: { readonly all: Shown } & Readonly<Record<string, Shown>>;
	/** Of all measurements, in the runs that made them. */
	readonly seconds: number;
}

/** @param measurements every method for every user */
export function resultsOf(settings: Settings, users: readonly User[], measurements: readonly Measurement[]): Results {
	const of = (name: string) => {
		const own = measurements.filter(({ method }) => method === name);
		return [...own].sort((a, b) => a.user - b.user);
	};
	const textAligns = (name: string): Scores[] => of(name).map(({ textAlign }) => textAlign);
	const clipScores = (name: string): Scores[] => of(name).map(({ clipScore }) => clipScore!);
	const plain = PLAIN.name;
	const shownTo = (name: string, attribute?: string) => {
		const shares = of(name).flatMap(({ user, shown }) =>
			users[user]!.tastes.flatMap((taste, i) => (attribute && taste.attribute !== attribute ? [] : [shown![i]!])),
		);
		return shares.reduce((sum, share) => sum + share, 0) / shares.length;
	};
	const shown = (attribute?: string): Shown => ({
		plain: shownTo(plain, attribute),
		personalized: shownTo(ABLATIONS.DrUM.name, attribute),
	});
	const attributes = [...new Set(users.flatMap(({ tastes }) => tastes.map(({ attribute }) => attribute)))].sort();
	const lengths = users.map(({ history }) => history.length);
	const points = samplings(settings.ratios);
	return {
		settings,
		users: {
			tastes: users.reduce((sum, { tastes }) => sum + tastes.length, 0),
			history: [Math.min(...lengths), Math.max(...lengths)],
		},
		clipScore: compare(clipScores(plain), clipScores(ABLATIONS.DrUM.name)),
		textAlign: compare(textAligns(plain), textAligns(ABLATIONS.DrUM.name)),
		ablations: Object.fromEntries(
			Object.entries(ABLATIONS).map(([row, { name }]) => [row, compare(clipScores(plain), clipScores(name))]),
		),
		sampling: Object.fromEntries(
			SAMPLERS.map((sampler) => [
				sampler,
				points[sampler].map(({ name, ratio }, i) => ({
					ratio: settings.ratios[i] ?? ratio,
					textAlign: summarize(textAligns(name)),
				})),
			]),
		),
		degrees: degrees(settings.alphas).map(({ name, alpha }) => ({
			alpha: alpha!,
			clipScore: summarize(clipScores(name)),
			shown: shownTo(name),
		})),
		tastes: { all: shown(), ...Object.fromEntries(attributes.map((attribute) => [attribute, shown(attribute)])) },
		seconds: measurements.reduce((sum, { seconds }) => sum + seconds, 0),
	};
}
