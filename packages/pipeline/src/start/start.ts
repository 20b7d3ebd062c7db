import type { SchedulerStep } from "@drum/diffusion";
import type { Warning } from "@drum/tensor";

/** The start of denoising. All values are for all pictures, `[pictures, …]`, flat. */
export interface Start {
	/** The latents at the noise level of the first call. */
	readonly latents: Float32Array;
	/** Restores what a mask keeps, at the noise level after a step. */
	readonly amend?: ((step: SchedulerStep, i: number) => SchedulerStep) | undefined;
	/** The channels that an inpainting denoiser takes after the latents. */
	readonly maskChannels?: Float32Array | undefined;
	readonly warnings?: readonly Warning[] | undefined;
}
