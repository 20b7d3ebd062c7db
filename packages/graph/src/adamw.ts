import { add, div, mul, sqrt, sub } from "./ops/elementwise.ts";
import type { Value } from "./value.ts";

// AdamW (Loshchilov and Hutter, https://arxiv.org/abs/1711.05101) as PyTorch computes it. The moments are kept without their
// factors (1 − β): first ← β₁·first + g, second ← β₂·second + g², which saves two passes over each; `adamwFactors` makes up for it.

export interface AdamwSettings {
	/** β₁ and β₂. */
	betas: readonly [number, number];
	epsilon: number;
}

/** A step's scalars, which the graph is fed: `[1]` each. */
export interface AdamwFactors<T> {
	/** What a decaying parameter keeps of itself: 1 − learning rate · weight decay. */
	keep: T;
	/** Multiplies first / (√second + `floor`). */
	rate: T;
	floor: T;
}

/** `step` counts from 1. */
export function adamwFactors(
	step: number,
	learningRate: number,
	weightDecay: number,
	{ betas: [first, second], epsilon }: AdamwSettings,
): AdamwFactors<number> {
	// √(v / (1 − β₂ᵗ)) + ε = (√second + floor) / root.
	const root = Math.sqrt((1 - second ** step) / (1 - second));
	const rate = (learningRate * (1 - first) * root) / (1 - first ** step);
	return { keep: 1 - learningRate * weightDecay, rate, floor: epsilon * root };
}

export interface AdamwState {
	parameter: Value;
	/** Running sums of gradients and of their squares, of the parameter's shape; zeros at the start. */
	first: Value;
	second: Value;
}

/** One step; `decays` says whether the parameter has weight decay. */
export function adamw(
	{ parameter, first, second }: AdamwState,
	gradient: Value,
	{ keep, rate, floor }: AdamwFactors<Value>,
	{ betas, decays }: AdamwSettings & { decays: boolean },
): AdamwState {
	const nextFirst = add(mul(first, betas[0]), gradient);
	const nextSecond = add(mul(second, betas[1]), mul(gradient, gradient));
	const change = mul(div(nextFirst, add(sqrt(nextSecond), floor)), rate);
	const kept = decays ? mul(parameter, keep) : parameter;
	return { parameter: sub(kept, change), first: nextFirst, second: nextSecond };
}
