import { checkNames, DeviceError, namesOf, shown } from "@drum/tensor";
import type { Scheduler, SchedulerStep } from "./schedulers/scheduler.ts";

export interface DenoiseOptions {
	scheduler: Scheduler;
	/** Flat initial latents, at the noise level of the first call: noise times the scheduler's `initNoiseSigma`, or what `addNoise` gives. */
	latents: Float32Array;
	/** The denoiser's guided prediction for call `i` of the schedule, from 0. */
	predict: (sample: Float32Array, timestep: number, i: number) => Promise<Float32Array>;
	/** What comes of a step in its place, such as with a part put back that is to stay. */
	amend?: ((step: SchedulerStep, i: number) => SchedulerStep) | undefined;
	/** Called after each call of the denoiser; the next waits for it. */
	onStep?: ((step: DenoisedStep) => unknown) | undefined;
	signal?: AbortSignal | undefined;
}

export interface DenoisedStep {
	/** From 1 to `steps`. */
	step: number;
	steps: number;
	timestep: number;
	/** Flat latents at the next noise level. */
	latents: Float32Array;
	/** Flat estimate of the noiseless latents. */
	denoised: Float32Array;
}

const OPTIONS = namesOf<DenoiseOptions>({
	scheduler: true,
	latents: true,
	predict: true,
	amend: true,
	onStep: true,
	signal: true,
});

/**
 * condition → denoised: runs the schedule from noise to latents.
 * @throws the signal's reason, between two calls of the denoiser; DeviceError where the denoiser gives what is no number.
 */
export async function denoise(options: DenoiseOptions): Promise<Float32Array> {
	checkNames("denoise", options, OPTIONS);
	const { scheduler, predict, amend, onStep, signal } = options;
	let { latents } = options;
	const { timesteps } = scheduler;
	for (const [i, timestep] of timesteps.entries()) {
		signal?.throwIfAborted();
		const predicted = await predict(scheduler.scaleModelInput(latents, i), timestep, i);
		checkNumbers(predicted, i + 1);
		const step = scheduler.step(predicted, i, latents);
		const { prevSample, predOriginalSample } = amend ? amend(step, i) : step;
		latents = prevSample;
		await onStep?.({ step: i + 1, steps: timesteps.length, timestep, latents, denoised: predOriginalSample });
	}
	signal?.throwIfAborted();
	return latents;
}

/** What is no number spreads to the whole picture: the steps that are left would be for nothing. */
function checkNumbers(predicted: Float32Array, step: number): void {
	const found = predicted.find((value) => !Number.isFinite(value));
	if (found === undefined) return;
	throw new DeviceError({
		what: `the denoiser's prediction in step ${step}`,
		expected: "finite numbers",
		found: shown(found),
		next: "Check that the weights are whole, and a condition or latents of your own; half precision may overflow",
	});
}
