import type { Estimate, Summary } from "@drum/eval";
import { meanOf, type Personal, PLAIN } from "@drum/eval-runs";
import { type Answer, all, falls, is, isLittle, rises, signed } from "./answers.ts";
import { ABLATIONS, degrees, samplings } from "./methods.ts";
import { gain, type Pick, type Results, shownOf } from "./results.ts";

/** What the paper says, what was found, and whether that agrees; open where an interval holds both answers. */
export interface Claim {
	readonly source: string;
	readonly claim: string;
	readonly found: string;
	readonly holds: Answer;
}

const target: Pick = ({ clipScore }) => clipScore!.target;
const history: Pick = ({ clipScore }) => clipScore!.history;

/** The paper's claims on the numbers of a run. */
export function claimsOf(results: Results): Claim[] {
	return [...table2(results), ...table3(results), figure3(results), ...degree(results)];
}

function table2(results: Results): Claim[] {
	const drum = ABLATIONS.DrUM.name;
	const { clipScore, textAlign } = results.methods[drum]!;
	const nearer = gain(results, drum, PLAIN.name, history);
	const closer = gain(results, drum, PLAIN.name, target);
	const improvement = clipScore!.improvement;
	const kept = textAlign.personalized.target;
	const aligned = gain(results, drum, PLAIN.name, (row) => row.textAlign.history);
	return [
		{
			source: "Table 2 (a)",
			claim: "Personalised pictures are nearer to the history.",
			found: `CLIP score ${signed(nearer)}`,
			holds: rises(nearer),
		},
		{
			source: "Table 2 (a), PIP",
			claim: "They are nearer to the target too.",
			found: `CLIP score ${signed(closer)}`,
			holds: rises(closer),
		},
		{
			source: "Table 2 (a)",
			claim: "Target and history together improve.",
			found: improvement
				? `Imp ${signed(times100(improvement))} %`
				: "no Imp: an original score is not clearly positive",
			holds: improvement ? rises(improvement) : "open",
		},
		{
			source: "Table 2 (b)",
			claim: "The condition comes nearer to the history and hardly leaves the target (above 95 of 100).",
			found: `history ${signed(aligned)}, target at ${kept.value.toFixed(2)}`,
			holds: all(rises(aligned), is(kept.value > 95)),
		},
	];
}

function table3(results: Results): Claim[] {
	const drum = ABLATIONS.DrUM.name;
	const means = results.methods[drum]!.clipScore!.personalized;
	const change = (name: string, over = drum) => ({
		target: gain(results, name, over, target),
		history: gain(results, name, over, history),
	});
	const text = (of: { target: Estimate; history: Estimate }) =>
		`target ${signed(of.target)}, history ${signed(of.history)}`;
	const sampling = change(ABLATIONS["w/o S"].name);
	const guidance = change(ABLATIONS["w/o G"].name);
	const both = change(ABLATIONS["w/o S & G"].name, ABLATIONS["w/o G"].name);
	return [
		{
			source: "Table 3",
			claim: "With the whole history in place of the coreset little changes: less than 5 % of each score.",
			found: text(sampling),
			holds: all(isLittle(sampling.target, means.target.value), isLittle(sampling.history, means.history.value)),
		},
		{
			source: "Table 3",
			claim: "Without guidance the target is lost, for more of the history.",
			found: text(guidance),
			holds: all(falls(guidance.target), rises(guidance.history)),
		},
		{
			source: "Table 3",
			claim: "Without both it is lost further.",
			found: `than without guidance alone: ${text(both)}`,
			holds: all(falls(both.target), rises(both.history)),
		},
	];
}

function figure3(results: Results): Claim {
	const { ratios } = results.settings;
	const parts = ratios.filter((ratio) => ratio < 1);
	const plan = samplings(parts);
	const bestBy = (score: (of: Summary) => number) =>
		parts.filter((_, i) => {
			const of = ({ name }: Personal) => score(results.methods[name]!.textAlign.personalized);
			return of(plan.coreset[i]!) > Math.max(of(plan.random[i]!), of(plan.uniform[i]!));
		}).length;
	const [both, alone] = [bestBy(meanOf), bestBy((of) => of.history.value)];
	return {
		source: "Figure 3",
		claim: "The coreset is better than random and uniform samples at every ratio.",
		found: `best at ${both} of ${parts.length} ratios, for the history alone at ${alone}`,
		holds: is(both === parts.length),
	};
}

function degree(results: Results): Claim[] {
	const names = degrees(results.settings.alphas).map(({ name }) => name);
	const steps = (pick: Pick) => names.slice(1).map((name, i) => gain(results, name, names[i]!, pick));
	const [nearer, farther] = [steps(history), steps(target)];
	const up = nearer.filter(({ value }) => value > 0).length;
	const down = farther.filter(({ value }) => value < 0).length;
	const shown = gain(results, ABLATIONS.DrUM.name, PLAIN.name, shownOf);
	return [
		{
			source: "Figure 7",
			claim: "The degree leads evenly from the target to the history.",
			found: `of ${nearer.length} steps of α, the history's score rises in ${up} and the target's falls in ${down}`,
			holds: all(...nearer.map(rises), ...farther.map(falls)),
		},
		{
			source: "(not the paper's)",
			claim: "More pictures show the user's taste.",
			found: `${signed(times100(shown))} % of pictures`,
			holds: rises(shown),
		},
	];
}

function times100({ value, low, high }: Estimate): Estimate {
	return { value: 100 * value, low: 100 * low, high: 100 * high };
}
