/** What one denoising step yields, both of the sample's size. */
export interface SchedulerStep {
	/** The sample at the next, lower noise level. */
	readonly prevSample: Float32Array;
	/** The estimate of the noiseless sample x₀ at this step, for previews. */
	readonly predOriginalSample: Float32Array;
}

/**
 * One run's sampler: made for one image or one batch, its `step` called once for each index of `timesteps`, in order.
 * Samples are flat and of any size, the same throughout the run; a batch of images is one array.
 */
export interface Scheduler {
	/** The time that the denoiser gets at each call, falling from at most 1000, whole or not. Its length is the number of calls: PNDM's is the steps plus 1. */
	readonly timesteps: readonly number[];
	/** The noise level of each call and a last one after them, for the samplers that work on levels. */
	readonly sigmas?: Float32Array;
	/** What unit Gaussian noise is multiplied by to become the first sample. */
	readonly initNoiseSigma: number;
	/** What the denoiser takes at call `i` in place of `sample`; may be `sample` itself. */
	scaleModelInput(sample: Float32Array, i: number): Float32Array;
	/** A sample at the noise level of call `i` whose noiseless sample is known; `noise` is unit Gaussian, of the same size. */
	addNoise(original: Float32Array, noise: Float32Array, i: number): Float32Array;
	/**
	 * One step from the denoiser's output at call `i`. Neither array is changed, but multistep samplers keep them for later
	 * calls: do not overwrite them during the run.
	 */
	step(modelOutput: Float32Array, i: number, sample: Float32Array): SchedulerStep;
}

/** Draws unit Gaussian noise of the asked number of elements. */
export type DrawNoise = (size: number) => Float32Array;
