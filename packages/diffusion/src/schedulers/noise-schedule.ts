import { CheckpointError } from "@drum/tensor";
import { torchLinspace } from "./timesteps.ts";

const f32 = Math.fround;

export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2" | "exp" | "laplace" | "sigmoid";

/** What a noise schedule is made from, under scheduler_config.json's names. */
export interface NoiseScheduleConfig {
	num_train_timesteps: number;
	beta_start: number;
	beta_end: number;
	beta_schedule: BetaSchedule;
	trained_betas?: readonly number[] | null | undefined;
	rescale_betas_zero_snr?: boolean | undefined;
}

/**
 * ᾱ_t for every training timestep t, float32, in (0, 1] and falling; with `rescale_betas_zero_snr` the last is 0.
 * Rounded where PyTorch rounds: 1 − ᾱ_0 is about 0.001, so one unit in the last place of ᾱ_0 is 7e-5 of it.
 * @throws CheckpointError where the betas leave nothing of the signal.
 */
export function alphasCumprod(config: NoiseScheduleConfig): Float32Array {
	const betas = config.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(makeBetas(config)) : makeBetas(config);
	const alphas = cumulativeProduct(betas.map((beta) => 1 - beta));
	const last = config.rescale_betas_zero_snr ? alphas.length - 1 : alphas.length;
	checkLevels(config, alphas.subarray(0, last), "a share of signal above 0");
	return alphas;
}

/**
 * σ_t = √((1 − ᾱ_t) / ᾱ_t) for every training timestep, float32 and rising. With `rescale_betas_zero_snr` the last ᾱ is
 * taken as 2⁻²⁴, so that its σ stays finite.
 * @throws CheckpointError where a level is 0 or not finite.
 */
export function trainingSigmas(config: NoiseScheduleConfig): Float32Array {
	const sigmas = alphasCumprod(config).map((alpha) => Math.sqrt(f32(f32(1 - alpha) / alpha)));
	// PyTorch's rounding; the nearest float32 is one unit lower, which Euler's first step makes 1e-4 of the next sample.
	if (config.rescale_betas_zero_snr) sigmas[sigmas.length - 1] = 4096;
	checkLevels(config, sigmas, "a finite noise level above 0");
	return sigmas;
}

function checkLevels(config: NoiseScheduleConfig, levels: Float32Array, expected: string): void {
	const t = levels.findIndex((level) => !(level > 0 && level < Number.POSITIVE_INFINITY));
	if (t === -1) return;
	const betas = config.trained_betas ? "trained_betas" : "beta_start, beta_end";
	throw new CheckpointError({
		what: `${betas} and num_train_timesteps in scheduler_config.json`,
		expected: `${expected} at each training timestep`,
		found: `${levels[t]} at timestep ${t}`,
	});
}

function makeBetas({ trained_betas, beta_schedule, beta_start, beta_end, num_train_timesteps }: NoiseScheduleConfig) {
	if (trained_betas) return Float32Array.from(trained_betas);
	switch (beta_schedule) {
		case "linear":
			return torchLinspace(beta_start, beta_end, num_train_timesteps);
		case "scaled_linear":
			return torchLinspace(Math.sqrt(beta_start), Math.sqrt(beta_end), num_train_timesteps).map((root) => root * root);
		case "sigmoid":
			return torchLinspace(-6, 6, num_train_timesteps).map(
				(x) => f32(f32(1 / (1 + Math.exp(-x))) * (beta_end - beta_start)) + beta_start,
			);
		case "squaredcos_cap_v2":
		case "exp":
		case "laplace":
			return betasOf(ALPHA_BAR[beta_schedule], num_train_timesteps);
	}
}

/** ᾱ(t) for t from 0 to 1. */
const ALPHA_BAR = {
	squaredcos_cap_v2: (t: number) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2,
	exp: (t: number) => Math.exp(t * -12),
	laplace(t: number) {
		const sign = 0.5 - t < 0 ? -1 : 1;
		const snr = Math.exp(-0.5 * sign * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6));
		return Math.sqrt(snr / (1 + snr));
	},
};

/** β_t = min(1 − ᾱ((t+1)/T) / ᾱ(t/T), 0.999). */
function betasOf(alphaBar: (t: number) => number, steps: number): Float32Array {
	return Float32Array.from({ length: steps }, (_, i) =>
		Math.min(1 - alphaBar((i + 1) / steps) / alphaBar(i / steps), 0.999),
	);
}

/** Running product held in float64, stored in float32, as PyTorch's cumprod does. */
function cumulativeProduct(values: Float32Array): Float32Array {
	let product = 1;
	return values.map((value) => {
		product *= value;
		return product;
	});
}

/**
 * "Common Diffusion Noise Schedules and Sample Steps are Flawed", Algorithm 1: shifts √ᾱ so that it ends at 0.
 * PyTorch's vectorised square root can differ in the last place, which is why ᾱ here agrees to 4e-6 only.
 */
function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
	const root = cumulativeProduct(betas.map((beta) => 1 - beta)).map(Math.sqrt);
	const [first, last] = [root[0]!, root.at(-1)!];
	const stretch = f32(first / f32(first - last));
	const alphaBar = root.map((value) => f32(f32(value - last) * stretch) ** 2);
	return alphaBar.map((value, i) => 1 - (i === 0 ? value : f32(value / alphaBar[i - 1]!)));
}
