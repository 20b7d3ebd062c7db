import { type Comparison, type Estimate, type LineSeries, linePlot, type PlotPoint } from "@drum/eval";
import { SAMPLERS, samplings } from "../methods.ts";
import { meanOf } from "../results.ts";

/** Pixels: letters of 12 pixels are still legible where a phone shows the whole width. */
const SIZE = { width: 420, height: 320 };

/**
 * Figure 3: Text align, the mean of target and history, over the sampling ratio.
 * @param textAlign of a method, by its name
 */
export function figure3(
	textAlign: (method: string) => Comparison,
	{ ratios, alpha }: { ratios: readonly number[]; alpha: number },
): string {
	const plan = samplings(ratios, alpha);
	const series = SAMPLERS.map((sampler): LineSeries => {
		const means = plan[sampler].map(({ name }) => meanOf(textAlign(name).personalized));
		return { name: sampler, points: means.map((mean, i): PlotPoint => [100 * ratios[i]!, mean]) };
	});
	const x = { label: "part of the history, %", log: true };
	return linePlot({ title: "How the history is sampled", x, y: { label: "Text align" }, series, ...SIZE });
}

/** A line with its intervals, over the degrees of personalization. */
export function degreeLine(
	name: string,
	alphas: readonly number[],
	estimates: readonly Estimate[],
	scale = 1,
): LineSeries {
	return {
		name,
		points: estimates.map(({ value }, i): PlotPoint => [alphas[i]!, scale * value]),
		band: estimates.map(({ low, high }) => [scale * low, scale * high] as const),
	};
}

/** Figure 7 in numbers: CLIP score over the degree of personalization, with what else there is to show. */
export function figure7(
	clipScores: readonly Comparison[],
	alphas: readonly number[],
	{ label = "CLIP score", more = [] }: { label?: string; more?: readonly LineSeries[] } = {},
): string {
	const scores = clipScores.map(({ personalized }) => personalized);
	const lines = (["target", "history"] as const).map((key) =>
		degreeLine(
			`CLIP score, ${key}`,
			alphas,
			scores.map((each) => each[key]),
		),
	);
	const x = { label: "degree of personalization α" };
	return linePlot({ title: "From the prompt to the profile", x, y: { label }, series: [...lines, ...more], ...SIZE });
}
