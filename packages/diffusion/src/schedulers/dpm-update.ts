import type { Level } from "./level.ts";
import { add, scale } from "./vector.ts";

const f32 = Math.fround;

export type DpmAlgorithm = "dpmsolver++" | "sde-dpmsolver++" | "dpmsolver" | "sde-dpmsolver";

/** The factors of one step, signs included. */
interface Factors {
	sample: number;
	/** Of the output itself, D₀. */
	value: number;
	/** Of the slope D₁, by the midpoint rule or by Heun's. */
	midpoint: number;
	heun: number;
	/** Of the curvature D₂. */
	third: number;
	noise: number;
}

export interface DpmStep {
	algorithm: DpmAlgorithm;
	/** The level that the step starts from. */
	from: Level;
	to: Level;
	sample: Float32Array;
	/** D₀, D₁ and D₂, as many as the order. */
	terms: readonly [Float32Array, Float32Array?, Float32Array?];
	/** The factor of D₁. */
	rule: "midpoint" | "heun";
	/** Unit Gaussian noise, for the stochastic algorithms. */
	noise?: Float32Array | undefined;
}

/** Lu et al., "DPM-Solver++", Eq. 4.1, B.4 and B.6 to B.8: one step of any order, in diffusers' order of arithmetic. */
export function dpmUpdate({ algorithm, from, to, sample, terms, rule, noise }: DpmStep): Float32Array {
	const factors = FACTORS[algorithm](from, to, f32(to.lambda - from.lambda));
	const [value, slope, curvature] = terms;
	let next = add(scale(factors.sample, sample), scale(factors.value, value));
	if (slope) next = add(next, scale(factors[rule], slope));
	if (curvature) next = add(next, scale(factors.third, curvature));
	return noise ? add(next, scale(factors.noise, noise)) : next;
}

const FACTORS: Readonly<Record<DpmAlgorithm, (from: Level, to: Level, h: number) => Factors>> = {
	"dpmsolver++"(from, to, h) {
		const growth = f32(f32(Math.exp(-h)) - 1);
		const value = f32(to.alpha * growth);
		return {
			sample: f32(to.sigma / from.sigma),
			value: -value,
			midpoint: -f32(0.5 * value),
			heun: f32(to.alpha * f32(f32(growth / h) + 1)),
			third: -f32(to.alpha * f32(f32(f32(growth + h) / f32(h * h)) - 0.5)),
			noise: 0,
		};
	},
	"sde-dpmsolver++"(from, to, h) {
		const loss = f32(1 - f32(Math.exp(-2 * h)));
		const value = f32(to.alpha * loss);
		return {
			sample: f32(f32(to.sigma / from.sigma) * f32(Math.exp(-h))),
			value,
			midpoint: f32(0.5 * value),
			heun: f32(to.alpha * f32(f32(loss / (-2 * h)) + 1)),
			third: f32(to.alpha * f32(f32(f32(loss - 2 * h) / f32(2 * h * (2 * h))) - 0.5)),
			noise: f32(to.sigma * f32(Math.sqrt(loss))),
		};
	},
	dpmsolver(from, to, h) {
		const growth = f32(f32(Math.exp(h)) - 1);
		const value = f32(to.sigma * growth);
		return {
			sample: f32(to.alpha / from.alpha),
			value: -value,
			midpoint: -f32(0.5 * value),
			heun: -f32(to.sigma * f32(f32(growth / h) - 1)),
			third: -f32(to.sigma * f32(f32(f32(growth - h) / f32(h * h)) - 0.5)),
			noise: 0,
		};
	},
	"sde-dpmsolver"(from, to, h) {
		const growth = f32(f32(Math.exp(h)) - 1);
		const value = f32(to.sigma * growth);
		return {
			sample: f32(to.alpha / from.alpha),
			value: -2 * value,
			midpoint: -value,
			heun: -2 * f32(to.sigma * f32(f32(growth / h) - 1)),
			third: Number.NaN,
			noise: f32(to.sigma * f32(Math.sqrt(f32(f32(Math.exp(2 * h)) - 1)))),
		};
	},
};
