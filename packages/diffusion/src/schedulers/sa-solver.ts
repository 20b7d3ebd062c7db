import type { SaSolverConfig } from "./config.ts";
import { type Level, levelOf } from "./level.ts";
import type { Run } from "./run-options.ts";
import { exponentialWeights } from "./sa-weights.ts";
import { preservingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { toNoise, toOriginal } from "./solver-prediction.ts";
import { solverSchedule } from "./solver-schedule.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;

/**
 * Xue et al., "SA-Solver", Algorithm 1: a stochastic Adams predictor and corrector. Noise is drawn once a step; it counts at the
 * timesteps from 200 to 800, diffusers' default.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_sasolver.py
 */
export function saSolver(config: SaSolverConfig, run: Run): Scheduler {
	const {
		timesteps,
		levels: spaced,
		spaced: trainedLast,
		trained,
	} = solverSchedule({ ...config, use_dynamic_shifting: false }, run);
	const sigmas = Float32Array.from([...spaced, trainedLast ? trained[0]! : spaced.at(-1)!]);
	const levels = Array.from(sigmas, (sigma) => levelOf(sigma, !!config.use_flow_sigmas));
	const data = config.algorithm_type === "data_prediction";
	const original = toOriginal(config, run.pictures);
	const convert = data ? undefined : toNoise(config, run.pictures);
	const { predictor_order, corrector_order } = config;
	const kept = Math.max(predictor_order, corrector_order - 1);
	/** Newest last. */
	let outputs: Float32Array[] = [];
	let last: { sample: Float32Array; noise: Float32Array; tau: number; order: number } | undefined;

	/** From level `at` to the next; `values` newest first, at `nodes`. */
	function update(
		at: number,
		values: Float32Array[],
		nodes: Level[],
		half: "predictor" | "corrector",
		from: NonNullable<typeof last>,
	) {
		const [s, t] = [levels[at]!, levels[at + 1]!];
		const tau2 = from.tau ** 2;
		const h = f32(t.lambda - s.lambda);
		const weights = exponentialWeights({
			nodes: nodes.map(({ lambda }) => lambda),
			from: s.lambda,
			to: t.lambda,
			tau2,
			data,
			half,
		});
		const share = data
			? f32(f32(f32(1 + tau2) * t.sigma) * f32(Math.exp(-tau2 * t.lambda)))
			: -f32(f32(1 + tau2) * t.alpha);
		const gradient = values.map((value, k) => scale(f32(share * weights[k]!), value)).reduce(add);
		const sampleShare = data ? f32(f32(Math.exp(f32(-tau2 * h))) * f32(t.sigma / s.sigma)) : f32(t.alpha / s.alpha);
		const noiseShare = data
			? f32(t.sigma * f32(Math.sqrt(f32(1 - f32(Math.exp(f32(-2 * tau2 * h)))))))
			: f32(f32(from.tau * t.sigma) * f32(Math.sqrt(f32(f32(Math.exp(2 * h)) - 1))));
		return add(add(scale(sampleShare, from.sample), gradient), scale(noiseShare, from.noise));
	}

	return {
		timesteps,
		sigmas,
		...preservingVariance((i) => levels[i]!),
		step(modelOutput, i, sample) {
			const predOriginalSample = original(modelOutput, sample, sigmas[i]!);
			const output = convert ? convert(modelOutput, sample, sigmas[i]!) : predOriginalSample;
			const before = (count: number) => Array.from({ length: count }, (_, k) => levels[i - k]!);
			let start = sample;
			if (last) {
				const values = [output, ...outputs.toReversed()].slice(0, last.order);
				start = update(i - 1, values, before(last.order), "corrector", last);
			}
			const taken = Math.min(outputs.length, kept);
			outputs = [...outputs, output].slice(-kept);
			const left = config.lower_order_final ? timesteps.length - i : Number.POSITIVE_INFINITY;
			const order = Math.min(predictor_order, left, taken + 1);
			const corrects = Math.min(corrector_order, left + 1, taken + 2);
			const noise = run.noise(sample.length);
			const tau = timesteps[i]! >= 200 && timesteps[i]! <= 800 ? 1 : 0;
			last = { sample: start, noise, tau, order: corrects };
			const prevSample = update(i, outputs.toReversed().slice(0, order), before(order), "predictor", last);
			return { prevSample, predOriginalSample };
		},
	};
}
