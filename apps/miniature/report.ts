import type { Comparison, Estimate } from "@drum/eval";
import type { Results } from "./results.ts";

/** The paper's own numbers, with Stable Diffusion 1 and OpenCLIP ViT-L on PIP: Table 3, whose first rows are Table 2's CLIP score. */
const PAPER = {
	original: { target: 20.52, history: 10.89 },
	rows: {
		DrUM: { target: 25.13, history: 16.03, improvement: 0.3483 },
		"w/o S": { target: 25.49, history: 15.85, improvement: 0.3488 },
		"w/o G": { target: 19.04, history: 17.46, improvement: 0.2655 },
		"w/o S & G": { target: 18.13, history: 18.85, improvement: 0.3071 },
	} as Readonly<Record<string, { target: number; history: number; improvement: number }>>,
};

/** The report as Markdown, beside the two plots. */
export function report(results: Results): string {
	const { settings, users, clipScore, textAlign, ablations, sampling, degrees, tastes, seconds } = results;
	const ratios = settings.ratios.map((ratio) => `${Math.round(100 * ratio)} %`);
	return `# The paper's claims in miniature

${settings.users} made-up users with ${users.tastes} known tastes (of colour, pattern or style), histories of ${users.history.join(" to ")} prompts with intensities, two target
prompts each that leave the taste open. \`@drum/tiny\`, ${settings.steps} DDIM steps, guidance ${settings.guidanceScale}, 64 × 64, seed ${settings.seed}; alpha 0.3 and a coreset of 10 % where
nothing else is said. In brackets: 95 % bootstrap intervals over users. ${Math.round(seconds)} s of measuring. The paper's numbers are those of
Stable Diffusion 1 on PIP: other users, another model, another CLIP; the levels cannot be compared, the directions can.

## Table 2: unpersonalised against DrUM

${table(
	["", "target", "history", "Imp"],
	[
		["CLIP score, unpersonalised", ...pair(clipScore.original), ""],
		["CLIP score, DrUM", ...pair(clipScore.personalized), percent(clipScore.improvement)],
		["Text align, unpersonalised", ...pair(textAlign.original), ""],
		["Text align, DrUM", ...pair(textAlign.personalized), percent(textAlign.improvement)],
	],
)}

## Table 3: without sampling (S), without guidance (G)

${table(
	["CLIP score", "target", "history", "Imp", "paper: target", "history", "Imp"],
	[
		[
			"unpersonalised",
			...pair(clipScore.original),
			"",
			number(PAPER.original.target),
			number(PAPER.original.history),
			"",
		],
		...Object.entries(ablations).map(([name, { personalized, improvement }]) => {
			const paper = PAPER.rows[name]!;
			const theirs = [number(paper.target), number(paper.history), rate(paper.improvement)];
			return [name, ...pair(personalized), percent(improvement), ...theirs];
		}),
	],
)}

## Figure 3: samplers

Text align with target / history, at each share of the history that is kept.

${table(
	["", ...ratios],
	Object.entries(sampling).map(([name, points]) => [
		name,
		...points.map(({ textAlign: { target, history } }) => `${number(target.value)} / ${number(history.value)}`),
	]),
)}

![Text align over the sampling ratio](figure-3.svg)

## Degree of personalization

${table(
	["alpha", "CLIP score, target", "history", "pictures that show the taste"],
	degrees.map(({ alpha, clipScore: score, shown }) => [String(alpha), ...pair(score), rate(shown, "")]),
)}

![CLIP score over alpha](alpha.svg)

## Do the pictures show the taste?

Share of pictures that CLIP, without training, finds nearest to the caption with the user's own taste among captions with every value.

${table(
	["taste", "unpersonalised", "DrUM"],
	Object.entries(tastes).map(([name, { plain, personalized }]) => [name, rate(plain, ""), rate(personalized, "")]),
)}

## Where it follows the paper, and where not

${claims(results)
	.map(([claim, holds]) => `- ${holds ? "Follows" : "Does not follow"}: ${claim}`)
	.join("\n")}
`;
}

/** The paper's statements, in its order, each with whether the means say so here. */
export function claims({
	clipScore,
	textAlign,
	ablations,
	sampling,
	degrees,
}: Results): [claim: string, holds: boolean][] {
	const mean = ({ target, history }: Comparison["personalized"]) => (target.value + history.value) / 2;
	const [drum, noGuidance] = [ablations.DrUM!, ablations["w/o G"]!];
	const noSampling = ablations["w/o S"]!;
	const beats = (other: string) =>
		sampling.coreset!.every(({ textAlign: own }, i) => mean(own) >= mean(sampling[other]![i]!.textAlign));
	const [first, last] = [degrees[0]!.clipScore, degrees.at(-1)!.clipScore];
	return [
		[
			"DrUM's pictures are nearer to the history than unpersonalised ones (CLIP score)",
			clipScore.personalized.history.value > clipScore.original.history.value,
		],
		[
			"DrUM's pictures are nearer to the target too (CLIP score)",
			clipScore.personalized.target.value > clipScore.original.target.value,
		],
		["DrUM improves on unpersonalised pictures as a whole (Imp above 0)", clipScore.improvement.value > 0],
		["the same of conditions (Text align, Imp above 0)", textAlign.improvement.value > 0],
		[
			"10 % of the history do about as well as all of it (Imp within 5 points)",
			Math.abs(drum.improvement.value - noSampling.improvement.value) < 0.05,
		],
		[
			"without guidance the target is lost: its score falls below DrUM's",
			noGuidance.personalized.target.value < drum.personalized.target.value,
		],
		["and the history's rises above DrUM's", noGuidance.personalized.history.value > drum.personalized.history.value],
		["the coreset is at least as good as a random pick at every ratio (Text align)", beats("random")],
		["the coreset is at least as good as a uniform pick at every ratio (Text align)", beats("uniform")],
		[
			"a higher alpha takes from the target and gives to the history",
			last.target.value < first.target.value && last.history.value > first.history.value,
		],
	];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function pair({ target, history }: { target: Estimate; history: Estimate }): [string, string] {
	return [interval(target), interval(history)];
}

function interval({ value, low, high }: Estimate): string {
	return `${number(value)} (${number(low)} to ${number(high)})`;
}

function percent({ value, low, high }: Estimate): string {
	return `${rate(value)} (${rate(low)} to ${rate(high)})`;
}

function number(value: number): string {
	return value.toFixed(2);
}

function rate(share: number, plus = "+"): string {
	return `${share >= 0 ? plus : ""}${(100 * share).toFixed(1)} %`;
}
