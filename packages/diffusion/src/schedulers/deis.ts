import type { DeisConfig } from "./config.ts";
import { type Level, levelOf } from "./level.ts";
import type { Run } from "./run-options.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { toOriginal } from "./solver-prediction.ts";
import { solverSchedule } from "./solver-schedule.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const f32 = Math.fround;
const log = (value: number) => f32(Math.log(value));

/**
 * Zhang and Chen, "Fast Sampling of Diffusion Models with Exponential Integrator": polynomials in log ρ through the last outputs,
 * ρ = σ / α, of order 1 to 3.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_deis_multistep.py
 */
export function deis(config: DeisConfig, run: Run): Scheduler {
	const { timesteps, levels: spaced, spaced: trainedLast, trained } = solverSchedule(config, run);
	const sigmas = Float32Array.from([...spaced, trainedLast ? trained[0]! : spaced.at(-1)!]);
	const levels = Array.from(sigmas, (sigma) => levelOf(sigma, !!config.use_flow_sigmas));
	const original = toOriginal(config, run.pictures);
	const calls = timesteps.length;
	const short = config.lower_order_final && calls < 15;
	/** The last estimates of ε, newest last. */
	let outputs: Float32Array[] = [];

	function orderAt(i: number): number {
		if (outputs.length < 2 || (i === calls - 1 && short)) return 1;
		return outputs.length < 3 || (i === calls - 2 && short) ? 2 : 3;
	}

	function advance(i: number, sample: Float32Array): Float32Array {
		const [from, to] = [levels[i]!, levels[i + 1]!];
		const order = orderAt(i);
		if (order === 1) {
			const h = f32(to.lambda - from.lambda);
			const growth = f32(f32(Math.exp(h)) - 1);
			const share = scale(f32(to.alpha / from.alpha), sample);
			return subtract(share, scale(f32(to.sigma * growth), outputs.at(-1)!));
		}
		const rhos = Array.from({ length: order }, (_, k) => rho(levels[i - k]!));
		const integral = order === 2 ? integral2 : integral3;
		const terms = rhos.map((_, k) => {
			// The k-th first, then the others in a circle.
			const nodes = [...rhos.slice(k), ...rhos.slice(0, k)];
			const weight = f32(integral(rho(to), nodes) - integral(rhos[0]!, nodes));
			return scale(weight, outputs.at(-1 - k)!);
		});
		return scale(to.alpha, [divide(sample, from.alpha), ...terms].reduce(add));
	}

	return {
		timesteps,
		sigmas,
		...preservingVariance((i) => levels[i]!),
		step(modelOutput, i, sample) {
			const predOriginalSample = original(modelOutput, sample, sigmas[i]!);
			const { alpha, sigma } = levels[i]!;
			const noise = divide(subtract(sample, scale(alpha, predOriginalSample)), sigma);
			outputs = [...outputs, noise].slice(-config.solver_order);
			return { prevSample: advance(i, sample), predOriginalSample };
		},
	};
}

function rho({ sigma, alpha }: Level): number {
	return f32(sigma / alpha);
}

/** ∫ (log t − log c) / (log b − log c) dt */
function integral2(t: number, [b, c]: readonly number[]): number {
	const rise = f32(t * f32(f32(log(t) - log(c!)) - 1));
	return f32(rise / f32(log(b!) - log(c!)));
}

/** ∫ (log t − log c)·(log t − log d) / ((log b − log c)·(log b − log d)) dt */
function integral3(t: number, [b, c, d]: readonly number[]): number {
	const [lt, lb, lc, ld] = [log(t), log(b!), log(c!), log(d!)];
	const products = f32(f32(f32(lc * f32(f32(ld - lt) + 1)) - f32(ld * lt)) + ld);
	const rest = f32(f32(f32(products + f32(lt * lt)) - f32(2 * lt)) + 2);
	return f32(f32(t * rest) / f32(f32(lb - lc) * f32(lb - ld)));
}
