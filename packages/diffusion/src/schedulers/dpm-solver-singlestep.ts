import type { DpmSinglestepConfig } from "./config.ts";
import { dpmUpdate } from "./dpm-update.ts";
import { levelOf } from "./level.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { withFinalSigma } from "./sigmas.ts";
import { toNoise, toOriginal } from "./solver-prediction.ts";
import { solverSchedule } from "./solver-schedule.ts";
import { divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Lu et al., "DPM-Solver++", Algorithm 1, and "DPM-Solver", Algorithms 1 and 2: groups of one to three calls, each of which starts
 * from the group's first sample, one order higher than the call before.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_dpmsolver_singlestep.py
 */
export function dpmSolverSinglestep(config: DpmSinglestepConfig, run: Run): Scheduler {
	// This class has no other spacing, whatever a file says.
	const { timesteps, levels, trained } = solverSchedule(
		{ ...config, timestep_spacing: "linspace", steps_offset: 0 },
		run,
	);
	const sigmas = withFinalSigma(levels, trained, config.final_sigmas_type);
	const known = Array.from(sigmas, (sigma) => levelOf(sigma, !!config.use_flow_sigmas));
	const { algorithm_type: algorithm, solver_order, solver_type } = config;
	const original = toOriginal(config, run.pictures);
	const convert = algorithm === "dpmsolver" ? toNoise(config, run.pictures) : undefined;
	const orders = orderList(config, run.steps);
	let outputs: Float32Array[] = [];
	/** What the group began with. */
	let start: Float32Array = new Float32Array();

	function advance(i: number, sample: Float32Array): Float32Array {
		const noise = algorithm === "sde-dpmsolver++" ? run.noise(sample.length) : undefined;
		const order = Math.min(orders[i]!, outputs.length);
		if (order === 1) start = sample;
		const from = known[i + 1 - order]!;
		const to = known[i + 1]!;
		const common = { algorithm, from, to, sample: start, noise };
		const [m0, m1, m2] = outputs.toReversed() as [Float32Array, Float32Array, Float32Array];
		if (order === 1) return dpmUpdate({ ...common, terms: [m0], rule: solver_type });
		const h = f32(to.lambda - from.lambda);
		const r0 = f32(f32(known[i]!.lambda - from.lambda) / h);
		if (order === 2) {
			return dpmUpdate({ ...common, terms: [m1, scale(f32(1 / r0), subtract(m0, m1))], rule: solver_type });
		}
		const r1 = f32(f32(known[i - 1]!.lambda - from.lambda) / h);
		const near = scale(f32(1 / r1), subtract(m1, m2));
		const far = scale(f32(1 / r0), subtract(m0, m2));
		if (solver_type === "midpoint") return dpmUpdate({ ...common, terms: [m2, far], rule: "heun" });
		const slope = divide(subtract(scale(r0, near), scale(r1, far)), f32(r0 - r1));
		const curvature = divide(scale(2, subtract(far, near)), f32(r0 - r1));
		return dpmUpdate({ ...common, terms: [m2, slope, curvature], rule: "heun" });
	}

	return {
		timesteps,
		sigmas,
		...preservingVariance((i) => known[i]!),
		step(modelOutput, i, sample) {
			const predOriginalSample = original(modelOutput, sample, sigmas[i]!);
			const output = convert ? convert(modelOutput, sample, sigmas[i]!) : predOriginalSample;
			outputs = [...outputs, output].slice(-solver_order);
			return { prevSample: advance(i, sample), predOriginalSample };
		},
	};
}

/** The order of each call: groups that rise to the solver's, and what is left at the end. */
function orderList(
	{ solver_order, lower_order_final, final_sigmas_type }: DpmSinglestepConfig,
	steps: number,
): number[] {
	const group = Array.from({ length: solver_order }, (_, i) => i + 1);
	const rest = steps % solver_order;
	const lower = lower_order_final || rest !== 0 || final_sigmas_type === "zero";
	const groups = Math.floor(steps / solver_order) - (lower && rest === 0 && solver_order > 1 ? 1 : 0);
	const orders = Array.from({ length: groups }, () => group).flat();
	const left = steps - orders.length;
	if (left > 0) orders.push(...(solver_order === 3 ? [[1], [1, 2], [1, 2, 1]] : [[1], [1, 1]])[left - 1]!);
	if (final_sigmas_type === "zero") orders[steps - 1] = 1;
	return orders;
}
