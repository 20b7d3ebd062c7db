import type { SignalAndNoise } from "./prediction.ts";

const f32 = Math.fround;

/** A noise level as a share of signal and one of noise, and λ = log α − log σ. */
export interface Level extends SignalAndNoise {
	lambda: number;
}

/** What a level σ of a schedule means: a diffusion's x = α·(x₀ + σ·ε) with α² + (α·σ)² = 1, or a flow's x = (1 − σ)·x₀ + σ·ε. */
export function levelOf(sigma: number, flow = false): Level {
	const alpha = flow ? f32(1 - sigma) : f32(1 / f32(Math.sqrt(f32(f32(sigma * sigma) + 1))));
	const scaled = flow ? f32(sigma) : f32(sigma * alpha);
	return { alpha, sigma: scaled, lambda: f32(f32(Math.log(alpha)) - f32(Math.log(scaled))) };
}
