import type { LmsConfig } from "./config.ts";
import { initialSigma, kSchedule } from "./k-schedule.ts";
import { denoise } from "./prediction.ts";
import type { Run } from "./run-options.ts";
import { explodingVariance } from "./sample-forms.ts";
import type { Scheduler } from "./scheduler.ts";
import { withFinalSigma } from "./sigmas.ts";
import { add, divide, scale, subtract } from "./vector.ts";

const ORDER = 4;
/** Gauss and Legendre's two points, exact for cubic polynomials. */
const POINT = 1 / Math.sqrt(3);

/**
 * Linear multistep in σ, as k-diffusion has it: the integral of the polynomial through the last derivatives.
 * Order of arithmetic: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/schedulers/scheduling_lms_discrete.py
 */
export function lms(config: LmsConfig, run: Run): Scheduler {
	const { timesteps, levels, trained } = kSchedule(config, run);
	const sigmas = withFinalSigma(levels, trained, "zero");
	/** Newest first. */
	let derivatives: Float32Array[] = [];
	return {
		timesteps,
		sigmas,
		...explodingVariance((i) => sigmas[i]!, initialSigma(sigmas, config.timestep_spacing)),
		step(modelOutput, i, sample) {
			const sigma = sigmas[i]!;
			const predOriginalSample = denoise(config.prediction_type, modelOutput, sample, sigma);
			derivatives = [divide(subtract(sample, predOriginalSample), sigma), ...derivatives].slice(0, ORDER);
			// Also those before the first call, of which there are no derivatives.
			const nodes = Array.from({ length: Math.min(i + 1, ORDER) }, (_, k) => sigmas[i - k]!);
			const terms = derivatives.map((derivative, k) => scale(weightOf(nodes, k, sigmas[i + 1]!), derivative));
			return { prevSample: add(sample, terms.reduce(add)), predOriginalSample };
		},
	};
}

/** The integral of Lagrange's polynomial of node `k` from the first node to `end`. */
function weightOf(nodes: readonly number[], k: number, end: number): number {
	const polynomial = (sigma: number) =>
		nodes.reduce((product, node, j) => (j === k ? product : (product * (sigma - node)) / (nodes[k]! - node)), 1);
	const [middle, half] = [(nodes[0]! + end) / 2, (end - nodes[0]!) / 2];
	return half * (polynomial(middle - half * POINT) + polynomial(middle + half * POINT));
}
