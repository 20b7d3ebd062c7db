import { type Estimate, linePlot } from "@drum/eval";
import type { Results } from "./results.ts";

/** Figure 3: Text align with the history over the sampling ratio, with intervals over users for the coreset. */
export function figure3({ sampling }: Results): string {
	return linePlot({
		title: "Sampling: Text align with target and history, mean",
		x: { label: "share of the history that is kept, %", log: true },
		y: { label: "Text align" },
		series: Object.entries(sampling).map(([name, points]) => ({
			name,
			points: points.map(({ ratio, textAlign }) => [
				100 * ratio,
				(textAlign.target.value + textAlign.history.value) / 2,
			]),
		})),
	});
}

/** The CLIP score with target and history at each degree of personalization. */
export function alphaPlot({ degrees }: Results): string {
	const series = (name: "target" | "history") => {
		const estimates = degrees.map(({ alpha, clipScore }): [number, Estimate] => [alpha, clipScore[name]]);
		return {
			name,
			points: estimates.map(([alpha, { value }]) => [alpha, value] as const),
			band: estimates.map(([, { low, high }]) => [low, high] as const),
		};
	};
	return linePlot({
		title: "Degree of personalization: CLIP score of the pictures",
		x: { label: "alpha" },
		y: { label: "CLIP score" },
		series: [series("target"), series("history")],
	});
}
