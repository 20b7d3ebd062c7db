import type { Goal, Part } from "../run/part.ts";
import type { Result } from "../run/results.ts";
import { median } from "../run/statistics.ts";
import { figures } from "./markdown.ts";

export interface Judged {
	/** Our number in theirs, or in seconds. */
	found: number;
	met: boolean;
}

/** Undefined where a side was not measured. */
export function judge({ measured, side, against, most, of = "seconds" }: Goal, { values }: Result): Judged | undefined {
	const number = (side: string) => {
		const numbers = values[side]?.[measured];
		if (of === "peak") return numbers?.peak;
		return numbers && numbers.seconds.length > 0 ? median(numbers.seconds) : undefined;
	};
	const ours = number(side);
	const theirs = against === undefined ? 1 : number(against);
	if (ours === undefined || theirs === undefined) return undefined;
	return { found: ours / theirs, met: ours / theirs <= most };
}

/** A row for each goal of a part: what, whose, beside whom, goal, found, met. */
export function goalRows({ title, measured, goals }: Part, result: Result | undefined): string[][] {
	return goals.map((goal) => {
		const { side, against, most, of, note } = goal;
		const of_ = measured.find(({ name }) => name === goal.measured)!.title;
		const judged = result && judge(goal, result);
		const unit = against === undefined ? " s" : "";
		return [
			`${title}: ${of === "peak" ? "peak memory" : of_}`,
			side,
			against ?? note ?? "",
			`≤ ${most}${unit}`,
			judged ? `${figures(judged.found)}${unit}` : "",
			judged ? (judged.met ? "yes" : "no") : "not measured",
		];
	});
}
