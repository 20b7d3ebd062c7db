import { type LineSeries, linePlot, type PlotPoint } from "@drum/eval";
import { degrees, SAMPLERS, samplings } from "./methods.ts";
import { meanOf, type Results } from "./results.ts";

/** Figure 3: Text align, the mean of target and history, over the sampling ratio. */
export function figure3({ settings, methods }: Results): string {
	const plan = samplings(settings.ratios);
	const series = SAMPLERS.map((sampler): LineSeries => {
		const means = plan[sampler].map(({ name }) => meanOf(methods[name]!.textAlign.personalized));
		return { name: sampler, points: means.map((mean, i): PlotPoint => [100 * settings.ratios[i]!, mean]) };
	});
	const x = { label: "part of the history, %", log: true };
	return linePlot({ title: "How the history is sampled", x, y: { label: "Text align" }, series });
}

/** Figure 7 in numbers: CLIP score and the share of pictures that show the taste, over the degree of personalization. */
export function alphaPlot({ settings, methods }: Results): string {
	const rows = degrees(settings.alphas).map(({ name }) => methods[name]!);
	const line = (name: string, estimates: readonly { value: number; low: number; high: number }[], scale = 1) => ({
		name,
		points: estimates.map(({ value }, i): PlotPoint => [settings.alphas[i]!, scale * value]),
		band: estimates.map(({ low, high }) => [scale * low, scale * high] as const),
	});
	const scores = rows.map(({ clipScore }) => clipScore!.personalized);
	const series: LineSeries[] = [
		line(
			"CLIP score, target",
			scores.map(({ target }) => target),
		),
		line(
			"CLIP score, history",
			scores.map(({ history }) => history),
		),
		line(
			"pictures that show the taste, %",
			rows.map(({ shown }) => shown!),
			100,
		),
	];
	const x = { label: "degree of personalization α" };
	return linePlot({ title: "From the prompt to the profile", x, y: { label: "× 100" }, series });
}
