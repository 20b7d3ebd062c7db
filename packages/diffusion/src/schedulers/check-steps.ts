import { ArgumentError, CheckpointError } from "@drum/tensor";
import type { GivenSchedule } from "./given-schedule.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Takes a sample of one value through a run, to see whether each step's factors are numbers.
 * @throws CheckpointError naming the setting that makes them none, or ArgumentError where it is the caller's schedule.
 */
export function checkSteps(scheduler: Scheduler, config: object, given: GivenSchedule): void {
	let sample: Float32Array = Float32Array.of(scheduler.initNoiseSigma);
	for (const i of scheduler.timesteps.keys()) {
		const output = scheduler.scaleModelInput(sample, i).map((value) => 0.1 * value + 0.05);
		sample = scheduler.step(output, i, sample).prevSample;
		if (Number.isFinite(sample[0])) continue;
		const found = `${sample[0]} after step ${i + 1} of ${scheduler.timesteps.length}`;
		const expected = "a schedule of which each step is a number";
		const setting = settingAtFault(config as Record<string, unknown>);
		const argument = given.timesteps ? "timesteps" : given.sigmas ? "sigmas" : "numInferenceSteps";
		if (argument !== "numInferenceSteps" || !setting) throw new ArgumentError({ what: argument, expected, found });
		throw new CheckpointError({ what: `${setting} in scheduler_config.json`, expected, found });
	}
}

function settingAtFault(config: Readonly<Record<string, unknown>>): string | undefined {
	if (config.rescale_betas_zero_snr && config.prediction_type === "epsilon") return "rescale_betas_zero_snr";
	if (config.lower_order_final === false && config.final_sigmas_type === "zero") return "lower_order_final";
	return config.sigma_max || config.sigma_min ? "sigma_min, sigma_max" : undefined;
}
