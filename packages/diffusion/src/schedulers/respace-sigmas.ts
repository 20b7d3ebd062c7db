import { betaQuantile } from "./beta-quantile.ts";
import { linspace } from "./timesteps.ts";

/** Names one spacing at most, under scheduler_config.json's names. */
export interface RespacingConfig {
	use_karras_sigmas?: boolean | null | undefined;
	use_exponential_sigmas?: boolean | null | undefined;
	use_beta_sigmas?: boolean | null | undefined;
}

/** `steps` levels that fall from `max` to `min` as the configuration says; undefined where it says nothing. */
export function respaceSigmas(config: RespacingConfig, min: number, max: number, steps: number): number[] | undefined {
	if (config.use_karras_sigmas) return karrasSigmas(min, max, steps);
	if (config.use_exponential_sigmas) return exponentialSigmas(min, max, steps);
	if (config.use_beta_sigmas) return betaSigmas(min, max, steps);
	return undefined;
}

/** Karras et al., "Elucidating the Design Space", Eq. 5: evenly spaced in σ^(1/7). */
function karrasSigmas(min: number, max: number, steps: number): number[] {
	const rho = 7;
	const [low, high] = [min ** (1 / rho), max ** (1 / rho)];
	return linspace(0, 1, steps).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** Evenly spaced in log σ. */
function exponentialSigmas(min: number, max: number, steps: number): number[] {
	return linspace(Math.log(max), Math.log(min), steps).map(Math.exp);
}

/** Lee et al., "Beta Sampling is All You Need": dense at both ends. */
function betaSigmas(min: number, max: number, steps: number): number[] {
	return linspace(0, 1, steps).map((ramp) => min + betaQuantile(1 - ramp) * (max - min));
}
