import { roundHalfEven, type Scheduler } from "@drum/diffusion";

/**
 * The first part of the schedule: calls with timesteps of at least (1 − `end`)·T, as diffusers' `denoising_end`. With `end` 1, the whole schedule.
 */
export function untilEnd(scheduler: Scheduler, end: number, config: unknown): Scheduler {
	if (end >= 1) return scheduler;
	const { num_train_timesteps: trained = 1000 } = config as { num_train_timesteps?: number };
	const cutoff = roundHalfEven(trained - end * trained);
	const timesteps = scheduler.timesteps.slice(0, scheduler.timesteps.filter((each) => each >= cutoff).length);
	return Object.create(scheduler, { timesteps: { value: timesteps } }) as Scheduler;
}
