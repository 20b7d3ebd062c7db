/** One way to make a user's pictures; it is known by its name. */
export type Method = Plain | Personal | Rewritten | Steered;

/** No profile: the prompt as it is. */
export interface Plain {
	readonly kind: "plain";
	readonly name: "plain";
}

/** DrUM, or a part of it. */
export interface Personal {
	readonly kind: "personal";
	readonly name: string;
	/** What picks the references; "whole" takes all. */
	readonly sampler: Sampler;
	/** Part of the history that is kept. */
	readonly ratio: number;
	/** Degree of personalization, or none: then target and references all weigh the same. */
	readonly alpha: number | undefined;
}

/** Other prompts in the targets' place, as Tailored Visions and PMG have them. */
export interface Rewritten {
	readonly kind: "rewritten";
	readonly name: string;
}

/** FABRIC, by liked and disliked pictures; ViPer, by liked and disliked attributes. */
export interface Steered {
	readonly kind: "steered";
	readonly name: "fabric" | "viper";
}

export const SAMPLERS = ["coreset", "random", "uniform"] as const;

export type Sampler = (typeof SAMPLERS)[number] | "whole";

export const PLAIN: Plain = { kind: "plain", name: "plain" };
export const FABRIC: Steered = { kind: "steered", name: "fabric" };
export const VIPER: Steered = { kind: "steered", name: "viper" };
export const TAILORED_VISIONS: Rewritten = { kind: "rewritten", name: "tv" };
export const PMG: Rewritten = { kind: "rewritten", name: "pmg" };

/** @param ratio all of them give "whole", with any sampler */
function personal(sampler: Sampler, ratio: number, alpha: number | undefined): Personal {
	const whole = sampler === "whole" || ratio === 1;
	const share = whole ? "whole" : `${sampler} ${Number((ratio * 100).toPrecision(6))} %`;
	const name = `${share}, ${alpha === undefined ? "without guidance" : `alpha ${alpha}`}`;
	return { kind: "personal", name, sampler: whole ? "whole" : sampler, ratio: whole ? 1 : ratio, alpha };
}

/** How much of a history is kept, and how much it counts: the paper's are 0.1, and 0.3 for prompts or 0.1 for films (5.2). */
export interface Degree {
	readonly ratio: number;
	readonly alpha: number;
}

export type Ablation = "DrUM" | "w/o S" | "w/o G" | "w/o S & G";

/** Table 3's rows by the paper's names; the first is Table 2's too. */
export function ablations({ ratio, alpha }: Degree): Readonly<Record<Ablation, Personal>> {
	return {
		DrUM: personal("coreset", ratio, alpha),
		"w/o S": personal("whole", 1, alpha),
		"w/o G": personal("coreset", ratio, undefined),
		"w/o S & G": personal("whole", 1, undefined),
	};
}

/** Figure 3's points: for each sampler one at each ratio. */
export function samplings(
	ratios: readonly number[],
	alpha: number,
): Record<(typeof SAMPLERS)[number], readonly Personal[]> {
	const of = (sampler: Sampler) => ratios.map((ratio) => personal(sampler, ratio, alpha));
	return { coreset: of("coreset"), random: of("random"), uniform: of("uniform") };
}

/** Figure 7's points: the coreset at each degree of personalization. */
export function degrees(alphas: readonly number[], ratio: number): Personal[] {
	return alphas.map((alpha) => personal("coreset", ratio, alpha));
}
