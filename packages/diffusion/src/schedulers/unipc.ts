import type { UniPcConfig } from "./config.ts";
import { levelOf } from "./level.ts";
import { solveLinear } from "./linear-system.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { toNoise, toOriginal } from "./solver-prediction.ts";
import { uniPcSchedule } from "./unipc-schedule.ts";
import { add, scale, subtract } from "./vector.ts";

const f32 = Math.fround;

/**
 * Zhao et al., "UniPC": a predictor of any order, and a corrector that puts the last step right with the output it led to.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_unipc_multistep.py
 */
export function uniPc(config: UniPcConfig, run: Run): Scheduler {
	const { timesteps, sigmas } = uniPcSchedule(config, run);
	const levels = Array.from(sigmas, (sigma) => levelOf(sigma, !!config.use_flow_sigmas));
	const original = toOriginal(config, run.pictures);
	const convert = config.predict_x0 ? undefined : toNoise({ ...config, thresholding: false }, run.pictures);
	const uncorrected = new Set(config.disable_corrector);
	const calls = timesteps.length;
	/** What the last steps were given, newest last. */
	let outputs: Float32Array[] = [];
	/** The order of the last step, and the sample that it began with. */
	let last: { order: number; sample: Float32Array } | undefined;

	/** Differences of earlier outputs to `newest`, each over its distance in λ; `at` is where the newest was. */
	function differences(order: number, at: number, h: number) {
		const newest = outputs.at(-1)!;
		const distances = Array.from({ length: order - 1 }, (_, k) =>
			f32(f32(levels[at - k - 1]!.lambda - levels[at]!.lambda) / h),
		);
		const slopes = distances.map((r, k) => scale(f32(1 / r), subtract(outputs.at(-2 - k)!, newest)));
		return { distances: [...distances, 1], slopes };
	}

	/** From level `at` to the next by the outputs there are, and by `next`, the output there, where it is known. */
	function update(at: number, order: number, sample: Float32Array, next?: Float32Array): Float32Array {
		const [from, to] = [levels[at]!, levels[at + 1]!];
		const h = f32(to.lambda - from.lambda);
		const newest = outputs.at(-1)!;
		const { distances, slopes } = differences(order, at, h);
		const { growth, weight, system, right } = equations(config, h, distances);
		const [share, factor] = config.predict_x0
			? [f32(to.sigma / from.sigma), to.alpha]
			: [f32(to.alpha / from.alpha), to.sigma];
		const base = subtract(scale(share, sample), scale(f32(factor * growth), newest));
		const terms = next ? [...slopes, subtract(next, newest)] : slopes;
		if (terms.length === 0) return base;
		const rho = next ? correctorWeights(system, right) : predictorWeights(system, right);
		const sum = terms.map((term, k) => scale(rho[k]!, term)).reduce(add);
		return subtract(base, scale(f32(factor * weight), sum));
	}

	return {
		timesteps,
		sigmas,
		...preservingVariance((i) => levels[i]!),
		step(modelOutput, i, sample) {
			const predOriginalSample = original(modelOutput, sample, sigmas[i]!);
			const output = convert ? convert(modelOutput, sample, sigmas[i]!) : predOriginalSample;
			const corrects = last && !uncorrected.has(i - 1);
			const start = corrects && last ? update(i - 1, last.order, last.sample, output) : sample;
			const known = Math.min(outputs.length, config.solver_order) + 1;
			const most = config.lower_order_final ? Math.min(config.solver_order, calls - i) : config.solver_order;
			outputs = [...outputs, output].slice(-config.solver_order);
			last = { order: Math.min(most, known), sample: start };
			return { prevSample: update(i, last.order, start), predOriginalSample };
		},
	};
}

/** Eq. 5 and its constants: B(h), h·φ₁(h), and the system R·ρ = b. */
function equations({ predict_x0, solver_type }: UniPcConfig, h: number, distances: readonly number[]) {
	const hh = predict_x0 ? -h : h;
	const growth = f32(Math.expm1(hh));
	const weight = solver_type === "bh1" ? hh : growth;
	const right: number[] = [];
	let phi = f32(f32(growth / hh) - 1);
	let factorial = 1;
	for (let i = 1; i <= distances.length; i++) {
		right.push(f32(f32(phi * factorial) / weight));
		factorial *= i + 1;
		phi = f32(f32(phi / hh) - f32(1 / factorial));
	}
	const system = distances.map((_, power) => distances.map((r) => f32(r ** power)));
	return { growth, weight, system, right };
}

function predictorWeights(system: readonly number[][], right: readonly number[]): number[] {
	if (system.length === 2) return [0.5];
	const smaller = system.slice(0, -1).map((row) => row.slice(0, -1));
	return solveLinear(smaller, right.slice(0, -1)).map(f32);
}

function correctorWeights(system: readonly number[][], right: readonly number[]): number[] {
	return system.length === 1 ? [0.5] : solveLinear(system, right).map(f32);
}
