import { type DpmAlgorithm, dpmUpdate } from "./dpm-update.ts";
import type { Level } from "./level.ts";
import type { DrawNoise } from "./scheduler.ts";
import { add, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

export interface DpmMultistepConfig {
	algorithm_type: DpmAlgorithm;
	solver_order: 1 | 2 | 3;
	solver_type: "midpoint" | "heun";
	lower_order_final: boolean;
	euler_at_final: boolean;
	final_sigmas_type: "zero" | "sigma_min";
}

/**
 * The steps of one run over `levels`, one more than there are steps: each is given what the denoiser's output was converted to. The
 * order rises with the steps taken, and falls again at the end of short runs. Stochastic algorithms draw noise once a step.
 */
export function dpmMultistep(config: DpmMultistepConfig, levels: readonly Level[], drawNoise: DrawNoise) {
	const { algorithm_type: algorithm, solver_order, solver_type, lower_order_final, euler_at_final } = config;
	const steps = levels.length - 1;
	const short = lower_order_final && steps < 15;
	const lowAtEnd = euler_at_final || short || config.final_sigmas_type === "zero";
	/** What the last steps were given, newest last. */
	let outputs: Float32Array[] = [];

	function orderAt(i: number): number {
		if (outputs.length < 2 || (i === steps - 1 && lowAtEnd)) return 1;
		return outputs.length < 3 || (i === steps - 2 && short) ? 2 : 3;
	}

	return (i: number, sample: Float32Array, output: Float32Array): Float32Array => {
		outputs = [...outputs, output].slice(-solver_order);
		const noise = algorithm.startsWith("sde") ? drawNoise(sample.length) : undefined;
		const [from, to] = [levels[i]!, levels[i + 1]!];
		const common = { algorithm, from, to, sample, noise };
		const order = orderAt(i);
		if (order === 1) return dpmUpdate({ ...common, terms: [output], rule: solver_type });
		const [m0, m1, m2] = outputs.toReversed() as [Float32Array, Float32Array, Float32Array];
		const h = f32(to.lambda - from.lambda);
		const ratio = (k: number) => f32(f32(levels[i - k]!.lambda - levels[i - k - 1]!.lambda) / h);
		const slope = scale(f32(1 / ratio(0)), subtract(m0, m1));
		if (order === 2) return dpmUpdate({ ...common, terms: [m0, slope], rule: solver_type });
		const [r0, r1] = [ratio(0), ratio(1)];
		const bend = subtract(slope, scale(f32(1 / r1), subtract(m1, m2)));
		const steeper = add(slope, scale(f32(r0 / f32(r0 + r1)), bend));
		const curvature = scale(f32(1 / f32(r0 + r1)), bend);
		return dpmUpdate({ ...common, terms: [m0, steeper, curvature], rule: "heun" });
	};
}
