import { duration, interval, markdownTable } from "@drum/eval-runs";
import { type Answer, signed } from "../answers.ts";
import {
	alike,
	beside,
	between,
	type Cause,
	change,
	evenly,
	HISTORY_CAUSES,
	history,
	meanOf,
	nearer,
	type Suspect,
	TARGET_CAUSES,
	target,
} from "./causes.ts";
import { DEGREES, type WhyResults } from "./why-results.ts";

/** Why claims do not hold in the report, as Markdown. */
export function whyReport(results: WhyResults): string {
	const { settings, users, machine, pictures } = results;
	const seconds = users.reduce((sum, user) => sum + user.seconds, 0);
	const holds = nearer(users, TARGET_CAUSES[0]!);
	return [
		"# Why some claims do not hold in miniature",
		`In [the report](report.md) some of the paper's claims do not hold, or stay open. Here one thing at a time is changed, and all else kept: the same ${users.length} made-up users, seeds and model. ${pictures} pictures of 64 × 64 (${settings.steps} steps of DDIM, guidance 4 where nothing else is said, α = 0.3, seed ${settings.seed}), in ${duration(seconds)} on ${machine}. Numbers in brackets are 95 % bootstrap intervals over users. "Open" is what an interval holds both answers to.`,
		markdownTable(
			["claim", "as in the report", "it holds with a change of", "it stays open with", "it fails with"],
			[
				[
					"Personalised pictures are nearer to the target too.",
					holds,
					...answered(TARGET_CAUSES, (cause) => nearer(users, cause)),
				],
				[
					"With the whole history in place of the coreset little changes.",
					alike(users, HISTORY_CAUSES[0]!),
					...answered(HISTORY_CAUSES, (cause) => alike(users, cause)),
				],
				["The degree leads evenly from the target to the history.", "", ...pairColumns(evenly(users))],
			],
		),
		"## “Personalised pictures are nearer to the target too” (Table 2 (a), PIP)",
		"The paper's Text align to the target is 100 without a profile: a condition is scored against its own prompt, and so, it seems, is a picture. The paper says that the targets are each user's two newest entries. PIP itself keeps two apart, drawn among the prompts that the user repeated least, each with an abbreviation of less than ten words; Tailored Visions draws from the abbreviation and compares with the whole prompt. Which of the two DrUM's evaluation takes, the paper does not say. In PIP the plain pictures of Stable Diffusion 1 score 20.52, and every method that personalises raises that; in MovieLens they score 31.27, and every method lowers it.",
		targets(results),
		`The pictures of the report's own targets whose prompt says the taste as well, scored against the prompt that leaves it open: ${signed(change(users, "open, taste said", "open, plain", target))} beside the pictures of the open prompt. Such pictures have all that their user likes: where the change is below 0, that alone counts against a picture.`,
		"## “With the whole history in place of the coreset little changes” (Table 3)",
		"Change of the scores from the coreset to the whole history. It is little where the whole interval lies within 5 % of the score.",
		exchanged(results),
		"Of conditions alone, what the number of references does. With guidance (equation 2) each reference has a softmax of its own and a share of α, so the coreset ten times over is the coreset. Without guidance n references weigh n / (n + 1): there the number alone takes weight from the target.",
		numbers(results),
		"## “The degree leads evenly from the target to the history” (Figure 7)",
		`The paper's figure leads from one prompt to another, not to a history. So do these ${users.flatMap((user) => user.pairs).length} pairs of prompts: one thing in unlike colours, styles and grounds, with the second prompt as the only reference.`,
		degrees(results),
		"",
	].join("\n\n");
}

function targets({ users }: WhyResults): string {
	return markdownTable(
		[
			"lies in",
			"what is changed",
			"Text align, plain, history",
			"CLIP score, target: plain",
			"DrUM",
			"change",
			"more than the report's",
			"holds",
		],
		TARGET_CAUSES.map((cause) => {
			const { suspect = "", changed, kind } = cause;
			const [plain, drum] = [`${kind}, plain`, `${kind}, DrUM`];
			return [
				suspect,
				changed,
				meanOf(users, plain, ({ align }) => align.history).value.toFixed(2),
				interval(meanOf(users, plain, target)),
				interval(meanOf(users, drum, target)),
				signed(change(users, drum, plain, target)),
				suspect && signed(beside(users, cause)),
				nearer(users, cause),
			];
		}),
	);
}

function exchanged({ users }: WhyResults): string {
	return markdownTable(
		[
			"lies in",
			"what is changed",
			"references",
			"CLIP score, target",
			"change",
			"history",
			"change",
			"of it, %",
			"holds",
		],
		HISTORY_CAUSES.map((cause) => {
			const { suspect = "", changed, before, after } = cause;
			const count = (name: string) => meanOf(users, name, ({ references }) => references).value.toFixed(1);
			const [score, moved] = [meanOf(users, before, history), change(users, after, before, history)];
			const scale = 100 / score.value;
			const part = { value: scale * moved.value, low: scale * moved.low, high: scale * moved.high };
			return [
				suspect,
				changed,
				`${count(before)} → ${count(after)}`,
				interval(meanOf(users, before, target)),
				signed(change(users, after, before, target)),
				interval(score),
				signed(moved),
				signed(part),
				alike(users, cause),
			];
		}),
	);
}

/** Rows without pictures, by what they are. */
const NUMBERS = {
	"coreset, with guidance": "open, DrUM",
	"the coreset ten times, with guidance": "coreset, often",
	"whole history, with guidance": "open, whole",
	"coreset, without guidance": "unguided coreset",
	"the coreset ten times, without guidance": "unguided coreset, often",
	"whole history, without guidance": "unguided whole",
} as const;

function numbers({ users }: WhyResults): string {
	return markdownTable(
		["", "references", "Text align, target", "history"],
		Object.entries(NUMBERS).map(([text, name]) => [
			text,
			meanOf(users, name, ({ references }) => references).value.toFixed(1),
			interval(meanOf(users, name, ({ align }) => align.target)),
			interval(meanOf(users, name, ({ align }) => align.history)),
		]),
	);
}

function degrees({ users }: WhyResults): string {
	const [first, second] = [between(users, "target"), between(users, "history")];
	return markdownTable(
		["α", "CLIP score, first prompt", "change", "second prompt", "change"],
		DEGREES.map((alpha, i) => {
			const moved = ({ steps }: typeof first) => (i === 0 ? "" : signed(steps[i - 1]!));
			return [String(alpha), interval(first.at[i]!), moved(first), interval(second.at[i]!), moved(second)];
		}),
	);
}

/** What is changed by the answer that it leads to: yes, open, no. */
function answered<C extends Cause>(causes: readonly C[], answerOf: (cause: C) => Answer): string[] {
	const changes = causes.filter(({ suspect }) => suspect);
	const listed = (answer: Answer) => {
		const found = changes.filter((cause) => answerOf(cause) === answer);
		const suspects = [...new Set(found.map(({ suspect }) => suspect as Suspect))];
		const texts = suspects.map((suspect) => {
			const own = found.filter((cause) => cause.suspect === suspect).map(({ changed }) => changed);
			return `**${suspect}**: ${own.join("; ")}`;
		});
		return texts.join(". ");
	};
	return [listed("yes"), listed("open"), listed("no")];
}

/** The same of the one change that there is for Figure 7. */
function pairColumns(answer: Answer): string[] {
	const text = "**the reading of the paper**: from one prompt to another";
	return (["yes", "open", "no"] as const).map((each) => (each === answer ? text : ""));
}
