import type { Comparison, Estimate, Summary } from "@drum/eval";
import { claimsOf } from "./claims.ts";
import { DIFFERENCES } from "./differences.ts";
import { ABLATIONS, degrees, type Personal, PLAIN, SAMPLERS, samplings, WISH } from "./methods.ts";
import { ABLATION_SCORES, CLIP_SCORES, type PaperRow, TEXT_ALIGN } from "./paper.ts";
import type { MethodResult, Results } from "./results.ts";

type Cells = readonly string[];

/** The run as Markdown, its tables beside the paper's. */
export function report(results: Results): string {
	const { settings, seconds, machine, pictures } = results;
	const drum = results.methods[ABLATIONS.DrUM.name]!;
	return [
		"# The paper's claims in miniature",
		`${settings.users} made-up users with a known taste and a history of 20 to 40 prompts, ${pictures} pictures of 64 × 64 by a model of a few megabytes (${settings.steps} steps of DDIM, guidance ${settings.guidanceScale}, seed ${settings.seed}), in ${minutes(seconds)} on ${machine}. Numbers in brackets are 95 % bootstrap intervals over users. The scores of another CLIP on another domain: look at what changes between rows and which way, not at heights. A claim is open where its interval holds both answers.`,
		table(
			["", "the paper says", "here", "holds"],
			claimsOf(results).map(({ source, claim, found, holds }) => [source, claim, found, holds]),
		),
		"## Table 2: personalised beside the prompt as it is",
		"CLIP score, of pictures:",
		compared(drum.clipScore!, CLIP_SCORES),
		"Text align, of conditions:",
		compared(drum.textAlign, TEXT_ALIGN),
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

function compared({ original, personalized, improvement }: Comparison, paper: readonly PaperRow[]): string {
	const here = (name: string, { target, history }: Summary, imp: string) => [
		name,
		interval(target),
		interval(history),
		imp,
		...["", "", ""],
	];
	return table(
		["", "PIP or miniature: target", "history", "Imp", "ML: target", "history", "Imp"],
		[
			here("miniature", original, ""),
			here("**miniature, DrUM**", personalized, percent(improvement)),
			...paper.map(({ name, PIP, ML }) => [`paper, ${name}`, ...[PIP, ML].flatMap(printed)]),
		],
	);
}

function printed({ target, history, improvement }: PaperRow["PIP"]): Cells {
	return [target.toFixed(2), history.toFixed(2), improvement === undefined ? "" : `${sign(improvement)} %`];
}

function ablations({ methods }: Results): string {
	const rows = Object.entries(ABLATIONS).map(([name, method]) => {
		const { clipScore, textAlign, references } = methods[method.name]!;
		const { PIP } = ABLATION_SCORES[name as keyof typeof ABLATIONS];
		const align = textAlign.personalized;
		return [
			name,
			references.toFixed(1),
			...scores(clipScore!.personalized),
			percent(clipScore!.improvement),
			`${align.target.value.toFixed(2)}, ${align.history.value.toFixed(2)}`,
			printed(PIP).join(", "),
		];
	});
	const { original } = methods[ABLATIONS.DrUM.name]!.clipScore!;
	const plain = ["prompt as it is", "0", ...scores(original), "", "", "20.52, 10.89"];
	return table(
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
	return table(["ratio", "references", ...SAMPLERS.flatMap((name) => [`${name}: target`, "history"])], rows);
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
	return table(
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
	return table(
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

function interval({ value, low, high }: Estimate, scale = 1): string {
	const digits = scale === 1 ? 2 : 0;
	const text = (number: number) => (scale * number).toFixed(digits);
	return `${text(value)} [${text(low)}, ${text(high)}]`;
}

function percent({ value, low, high }: Estimate): string {
	return `${sign(100 * value)} % [${sign(100 * low)}, ${sign(100 * high)}]`;
}

function sign(value: number): string {
	return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function minutes(seconds: number): string {
	return seconds < 100 ? `${Math.round(seconds)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
}

function table(head: Cells, rows: readonly Cells[]): string {
	const line = (cells: Cells) => `| ${cells.join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
