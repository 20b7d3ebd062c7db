import { ArgumentError, shown } from "@drum/tensor";
import type { RunOptions } from "./run-options.ts";

/** As many of the timesteps that a model was distilled for as the run has steps, evenly chosen, falling. */
export function distilledTimesteps(
	{
		num_train_timesteps,
		original_inference_steps: original,
	}: { num_train_timesteps: number; original_inference_steps: number },
	run: RunOptions,
): number[] {
	if (run.timesteps) return [...run.timesteps];
	if (run.steps > original) {
		const expected = `at most ${original}, this checkpoint's original_inference_steps`;
		throw new ArgumentError({ what: "numInferenceSteps", expected, found: shown(run.steps) });
	}
	const stride = Math.floor(num_train_timesteps / original);
	const falling = Array.from({ length: original }, (_, i) => (original - i) * stride - 1);
	const share = original / run.steps;
	return Array.from({ length: run.steps }, (_, i) => falling[Math.floor(i * share)]!);
}
