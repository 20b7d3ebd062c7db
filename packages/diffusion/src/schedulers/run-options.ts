import type { DrawNoise } from "./scheduler.ts";

/** What a run's schedule follows from, besides the file. At most one of `timesteps` and `sigmas` is given. */
export interface RunOptions {
	/** Of the run; as many as the timesteps or levels that are given. */
	steps: number;
	/** In place of the schedule's own, falling. */
	timesteps?: readonly number[] | undefined;
	/** Noise levels in place of the schedule's own, falling. */
	sigmas?: readonly number[] | undefined;
	/** The shift of a flow, where it is not to follow from the picture's size. */
	mu?: number | undefined;
	/** Patches of a picture, for `use_dynamic_shifting`. */
	imageSequenceLength?: number | undefined;
}

/** All that a sampler is made of, besides the file. */
export interface Run extends RunOptions {
	/** Randomness of the samplers that have one to set. */
	eta: number;
	noise: DrawNoise;
	/** Draws seeds of a Brownian motion: one, or one for each picture. */
	entropy: () => readonly bigint[];
	/** Pictures that one sample holds. */
	pictures: number;
	/** The call of the whole schedule that is the first of the run. */
	firstCall: number;
}
