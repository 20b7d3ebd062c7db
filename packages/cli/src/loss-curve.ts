import type { TrainingStep } from "@drum/training";
import { evaluation } from "./evaluation/packages.ts";

/** Points of a curve at most: more than that no picture shows. */
const POINTS = 500;

/** A run's loss over its steps, as an SVG: means of equal stretches, with their lowest and highest. */
export async function lossCurve(name: string, steps: readonly TrainingStep[]): Promise<string> {
	const { linePlot } = await evaluation();
	const stretch = Math.ceil(steps.length / POINTS);
	const groups = Array.from({ length: Math.ceil(steps.length / stretch) }, (_, i) =>
		steps.slice(i * stretch, (i + 1) * stretch),
	);
	const means = groups.map((group) => {
		const losses = group.map(({ loss }) => loss);
		const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
		return { at: group.at(-1)!.step, mean, low: Math.min(...losses), high: Math.max(...losses) };
	});
	return linePlot({
		title: `Training the adapter ${name}`,
		x: { label: "step" },
		y: { label: "loss (1 − cosine)" },
		series: [
			{
				name: "loss",
				points: means.map(({ at, mean }) => [at, mean]),
				...(stretch > 1 && { band: means.map(({ low, high }) => [low, high] as const) }),
			},
		],
	});
}
