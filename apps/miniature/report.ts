import type { Comparison, Estimate, Summary } from "@drum/eval";
import {
	ABLATION_SCORES,
	type Ablation,
	CLIP_SCORES,
	duration,
	interval,
	markdownTable,
	type PaperRow,
	type Personal,
	PLAIN,
	type Printed,
	percent,
	SAMPLERS,
	signed,
	TEXT_ALIGN,
} from "@drum/eval-runs";
import { claimsOf } from "./claims.ts";
import { DIFFERENCES } from "./differences.ts";
import { ABLATIONS, degrees, samplings, WISH } from "./methods.ts";
import type { MethodResult, Results } from "./results.ts";

type Cells = readonly string[];

/** The run as Markdown, its tables next to the paper's. */
export function report(results: Results): string {
	const { settings, seconds, machine, pictures } = results;
	const drum = results.methods[ABLATIONS.DrUM.name]!;
	return [
		"# The paper's claims in miniature",
		`${settings.users} made-up users with a known taste and a history of 20 to 40 prompts, ${pictures} pictures of 64 × 64 by a model of a few megabytes (${settings.steps} steps of DDIM, guidance ${settings.guidanceScale}, seed ${settings.seed}), in ${duration(seconds)} on ${machine}. Numbers in brackets are 95 % bootstrap intervals over users. The scores of another CLIP on another domain: look at what changes between rows and which way, not at heights. A claim is open where its interval holds both answers.`,
		markdownTable(
			["", "the paper says", "here", "holds"],
			claimsOf(results).map(({ source, claim, found, holds }) => [source, claim, found, holds]),
		),
		"Where a claim does not hold, `pnpm miniature --why` changes one thing at a time: the users, the targets, the references, the model's guidance.",
		"## Table 2: personalised beside the prompt as it is",
		"CLIP score, of pictures:",
		compared(
			drum.clipScore!,
			printedRows(CLIP_SCORES, {
				"Stable Diffusion 1": "Stable Diffusion 1",
				"Stable Diffusion 2": "Stable Diffusion 2",
			}),
		),
		"Text align, of conditions:",
		compared(drum.textAlign, printedRows(TEXT_ALIGN, { L: "ViT-L", H: "ViT-H" })),
		"## Table 3: without sampling (S), without guidance (G)",
		ablations(results),
		"## Figure 3: how the history is sampled",
		`Text align at α = 0.3; the plot shows the mean of target and history. "Random" is the mean of five draws.`,
		"![Text align over the sampling ratio](figure-3.svg)",
		sampled(results),
		"## Figure 7: the degree of personalization",
		"![CLIP score and taste over the degree of personalization](alpha.svg)",
		swept(results),
		"## Do the pictures show the taste?",
		"The share of pictures that show what their user likes and their prompt does not say, told by CLIP among captions with each value of the attribute; in the last column the prompt says it, which is how much the model can draw and CLIP can see. The paper has no such number.",
		tastes(results),
		"## Where this does not follow the paper",
		DIFFERENCES.map((sentence) => `- ${sentence}`).join("\n"),
		"",
	].join("\n\n");
}

function compared({ original, personalized, improvement }: Comparison, paper: readonly NamedRow[]): string {
	const here = (name: string, { target, history }: Summary, imp: string) => [
		name,
		interval(target),
		interval(history),
		imp,
		...["", "", ""],
	];
	return markdownTable(
		["", "PIP or miniature: target", "history", "Imp", "ML: target", "history", "Imp"],
		[
			here("miniature", original, ""),
			here("**miniature, DrUM**", personalized, percent(improvement)),
			...paper.map(({ name, row: { PIP, ML } }) => [`paper, ${name}`, ...[PIP!, ML!].flatMap(printed)]),
		],
	);
}

interface NamedRow {
	readonly name: string;
	readonly row: PaperRow;
}

/** What the paper prints of the model kinds next to the miniature's: as they are, and with DrUM. */
function printedRows(
	table: Readonly<Record<string, Readonly<Partial<Record<"plain" | "drum", PaperRow>>>>>,
	names: Readonly<Record<string, string>>,
): NamedRow[] {
	return Object.entries(names).flatMap(([key, name]) => [
		{ name, row: table[key]!.plain! },
		{ name: `${name}, DrUM`, row: table[key]!.drum! },
	]);
}

function printed({ target, history, improvement }: Printed): Cells {
	return [target.toFixed(2), history.toFixed(2), improvement === undefined ? "" : `${signed(improvement)} %`];
}

function ablations({ methods }: Results): string {
	const rows = Object.entries(ABLATIONS).map(([name, method]) => {
		const { clipScore, textAlign, references } = methods[method.name]!;
		const { PIP } = ABLATION_SCORES[name as Ablation];
		const align = textAlign.personalized;
		return [
			name,
			references.toFixed(1),
			...scores(clipScore!.personalized),
			percent(clipScore!.improvement),
			`${align.target.value.toFixed(2)}, ${align.history.value.toFixed(2)}`,
			printed(PIP!).join(", "),
		];
	});
	const { original } = methods[ABLATIONS.DrUM.name]!.clipScore!;
	const plain = ["prompt as it is", "0", ...scores(original), "", "", "20.52, 10.89"];
	return markdownTable(
		["", "references", "CLIP score, target", "history", "Imp", "Text align", "paper, PIP: target, history, Imp"],
		[plain, ...rows],
	);
}

function sampled({ settings, methods }: Results): string {
	const plan = samplings(settings.ratios);
	const rows = settings.ratios.map((ratio, i) => [
		`${Math.round(100 * ratio)} %`,
		methods[plan.coreset[i]!.name]!.references.toFixed(1),
		...SAMPLERS.flatMap((sampler) => scores(methods[plan[sampler][i]!.name]!.textAlign.personalized)),
	]);
	return markdownTable(["ratio", "references", ...SAMPLERS.flatMap((name) => [`${name}: target`, "history"])], rows);
}

function swept({ settings, methods }: Results): string {
	const row = ({ alpha, name }: Personal) => {
		const { clipScore, textAlign, shown } = methods[name]!;
		const align = [textAlign.personalized.target, textAlign.personalized.history];
		return [
			String(alpha),
			...scores(clipScore!.personalized),
			interval(shown!, 100),
			...align.map(({ value }) => value.toFixed(2)),
		];
	};
	return markdownTable(
		["α", "CLIP score, target", "history", "shows the taste, %", "Text align, target", "history"],
		degrees(settings.alphas).map(row),
	);
}

function tastes({ settings, methods, users }: Results): string {
	const most = degrees(settings.alphas).at(-1)!;
	const shownBy = [PLAIN.name, ABLATIONS.DrUM.name, most.name, WISH.name].map((name) => methods[name]!);
	const row = (name: string, count: number, pick: (method: MethodResult) => Estimate | undefined) => {
		const cells = shownBy.map((method) => pick(method)).map((shown) => (shown ? interval(shown, 100) : ""));
		return [name, String(count), ...cells];
	};
	const count = (attribute: string) =>
		users.filter(({ tastes }) => tastes.some((t) => t.attribute === attribute)).length;
	return markdownTable(
		[
			"taste",
			"users",
			"prompt as it is, %",
			"DrUM, α = 0.3, %",
			`DrUM, α = ${most.alpha}, %`,
			"taste in the prompt, %",
		],
		[
			...(["colour", "pattern", "style"] as const)
				.filter((attribute) => count(attribute) > 0)
				.map((attribute) => row(attribute, count(attribute), ({ shownOf }) => shownOf?.[attribute])),
			row("all", users.length, ({ shown }) => shown),
		],
	);
}

function scores({ target, history }: Summary): Cells {
	return [interval(target), interval(history)];
}
