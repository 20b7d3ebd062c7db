import type { Estimate } from "@drum/eval";

/** Whether something is so; open where an interval holds both answers. */
export type Answer = "yes" | "no" | "open";

export function is(answer: boolean): Answer {
	return answer ? "yes" : "no";
}

export function rises({ low, high }: Estimate): Answer {
	return low > 0 ? "yes" : high < 0 ? "no" : "open";
}

export function falls({ low, high }: Estimate): Answer {
	return high < 0 ? "yes" : low > 0 ? "no" : "open";
}

/** "Little" is less than this part of a score. */
const LITTLE = 0.05;

/** Whether a change is little beside the score that it is of, either way. */
export function isLittle({ low, high }: Estimate, score: number): Answer {
	const most = LITTLE * Math.abs(score);
	if (Math.max(Math.abs(low), Math.abs(high)) < most) return "yes";
	return low > most || high < -most ? "no" : "open";
}

export function all(...answers: readonly Answer[]): Answer {
	return answers.find((answer) => answer === "no") ?? answers.find((answer) => answer === "open") ?? "yes";
}

/** `+1.00 [+0.28, +1.89]` */
export function signed({ value, low, high }: Estimate): string {
	const text = (number: number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;
	return `${text(value)} [${text(low)}, ${text(high)}]`;
}
