import type { SchedulerStep } from "@drum/diffusion";
import type { Warning } from "@drum/tensor";

/** What denoising begins from. All of it is of all pictures, `[pictures, …]`, flat. */
export interface Start {
	/** The latents at the noise level of the first call. */
	readonly latents: Float32Array;
	/** Puts back what a mask keeps, at the noise level that a step leads to. */
	readonly amend?: ((step: SchedulerStep, i: number) => SchedulerStep) | undefined;
	/** What an inpainting denoiser takes after the latents. */
	readonly maskChannels?: Float32Array | undefined;
	readonly warnings?: readonly Warning[] | undefined;
}
