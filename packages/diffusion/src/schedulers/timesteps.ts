export type TimestepSpacing = "linspace" | "leading" | "trailing";

/** How a run's timesteps lie on the training timesteps 0 .. trainSteps − 1. */
export interface SpacingOptions {
	spacing: TimestepSpacing;
	steps: number;
	trainSteps: number;
	/** Added to "leading" timesteps. */
	offset: number;
	/** Whether "linspace" is rounded to whole timesteps; else it is to float32. */
	whole: boolean;
	/** Leaves "linspace" in float64 where it is not whole. Default false. */
	double?: boolean;
	/** Training timesteps that may be used, counted from 0; all by default. */
	usable?: number;
	/** Spaces one step more than asked and leaves out the lowest, as DPM-Solver does. */
	withoutLowest?: boolean;
}

/** The timesteps in falling order, after Table 2 of "Common Diffusion Noise Schedules and Sample Steps are Flawed". */
export function spaceTimesteps(options: SpacingOptions): number[] {
	const {
		spacing,
		steps,
		trainSteps,
		offset,
		whole,
		usable = trainSteps,
		withoutLowest = false,
		double = false,
	} = options;
	const count = withoutLowest ? steps + 1 : steps;
	switch (spacing) {
		case "linspace": {
			const round = whole ? roundHalfEven : double ? Number : Math.fround;
			const rising = linspace(0, usable - 1, count).map((t) => round(t));
			return rising.reverse().slice(0, steps);
		}
		case "leading": {
			const ratio = Math.floor(usable / count);
			const rising = Array.from({ length: count }, (_, i) => i * ratio + offset);
			return rising.reverse().slice(0, steps);
		}
		case "trailing": {
			// Rounding can leave one value just above 0, a timestep of −1, for instance at 61 steps: it is not one of the steps.
			return arangeDown(usable, trainSteps / steps)
				.slice(0, steps)
				.map((value) => roundHalfEven(value) - 1);
		}
	}
}

/** `count` evenly spaced numbers from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, count: number): number[] {
	if (count === 1) return [start];
	const step = (stop - start) / (count - 1);
	return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : start + i * step));
}

/** PyTorch's, float32, from both ends to the middle. */
export function torchLinspace(start: number, end: number, count: number): Float32Array {
	const [first, last] = [Math.fround(start), Math.fround(end)];
	if (count === 1) return Float32Array.of(first);
	const step = Math.fround(Math.fround(last - first) / (count - 1));
	const half = Math.floor(count / 2);
	return Float32Array.from({ length: count }, (_, i) => (i < half ? first + step * i : last - step * (count - i - 1)));
}

/** NumPy's `arange(start, 0, -step)`, whose step is the difference of its first two values, rounded: an exact half can fall to the other side. */
function arangeDown(start: number, step: number): number[] {
	const stride = start - step - start;
	return Array.from({ length: Math.ceil(start / step) }, (_, i) => start + i * stride);
}

/** To the nearest whole number, ties to the even one, as NumPy and PyTorch round. */
export function roundHalfEven(value: number): number {
	const floor = Math.floor(value);
	if (value - floor !== 0.5) return Math.round(value);
	return floor % 2 === 0 ? floor : floor + 1;
}
