/** One way to make a user's condition; it is known by its name. */
export type Method = Plain | Personal;

/** No profile: the prompt as it is, or as it would be with the taste in it. */
interface Plain {
	readonly name: "plain" | "wish";
}

export interface Personal {
	readonly name: string;
	/** What picks the references; "whole" takes all. */
	readonly sampler: Sampler;
	/** Part of the history that is kept. */
	readonly ratio: number;
	/** Degree of personalization, or none: then target and references all weigh the same. */
	readonly alpha: number | undefined;
}

export const SAMPLERS = ["coreset", "random", "uniform"] as const;

export type Sampler = (typeof SAMPLERS)[number] | "whole";

export const PLAIN: Method = { name: "plain" };

/** What the taste would look like at best: the user asks for it. */
export const WISH: Method = { name: "wish" };

/** The paper's settings for prompt histories (5.2). */
const [RATIO, ALPHA] = [0.1, 0.3];

/** @param ratio all of them give "whole", whichever the sampler */
export function personal(sampler: Sampler, ratio: number, alpha: number | undefined): Personal {
	const share = sampler === "whole" || ratio === 1 ? "whole" : `${sampler} ${Math.round(ratio * 100)} %`;
	const name = `${share}, ${alpha === undefined ? "without guidance" : `alpha ${alpha}`}`;
	return { name, sampler: share === "whole" ? "whole" : sampler, ratio: share === "whole" ? 1 : ratio, alpha };
}

/** Table 3's rows by the paper's names; the first is Table 2's too. */
export const ABLATIONS = {
	DrUM: personal("coreset", RATIO, ALPHA),
	"w/o S": personal("whole", 1, ALPHA),
	"w/o G": personal("coreset", RATIO, undefined),
	"w/o S & G": personal("whole", 1, undefined),
} as const;

/** Figure 3's points: for each sampler one at each ratio. */
export function samplings(ratios: readonly number[]): Record<(typeof SAMPLERS)[number], Personal[]> {
	const of = (sampler: Sampler) => ratios.map((ratio) => personal(sampler, ratio, ALPHA));
	return { coreset: of("coreset"), random: of("random"), uniform: of("uniform") };
}

/** Figure 7's: the paper's coreset at each degree. */
export function degrees(alphas: readonly number[]): Personal[] {
	return alphas.map((alpha) => personal("coreset", RATIO, alpha));
}

/** Everything to be measured, each once, and whether pictures are drawn for it or Text align alone is measured. */
export function methodsOf(ratios: readonly number[], alphas: readonly number[]): { method: Method; drawn: boolean }[] {
	const drawn: Method[] = [PLAIN, WISH, ...Object.values(ABLATIONS), ...degrees(alphas)];
	const names = new Set(drawn.map(({ name }) => name));
	const all = new Map([...drawn, ...Object.values(samplings(ratios)).flat()].map((method) => [method.name, method]));
	return Array.from(all.values(), (method) => ({ method, drawn: names.has(method.name) }));
}
