/** σ at each timestep, which may be fractional: linear between whole ones, constant outside them. */
export function interpolateSigmas(timesteps: readonly number[], trained: Float32Array): number[] {
	return timesteps.map((t) => {
		const low = Math.min(Math.max(Math.floor(t), 0), trained.length - 1);
		const high = Math.min(low + 1, trained.length - 1);
		return trained[low]! + Math.max(t - low, 0) * (trained[high]! - trained[low]!);
	});
}

/** The timestep, fractional, whose trained σ is the given one: linear in log σ, within 0 .. T − 1. */
export function sigmaToTimestep(sigma: number, trained: Float32Array): number {
	const logSigma = Math.log(Math.max(sigma, 1e-10));
	const log = (index: number) => Math.fround(Math.log(trained[index]!));
	const above = trained.findIndex((_, index) => log(index) > logSigma);
	const low = above === -1 ? trained.length - 2 : Math.min(Math.max(above - 1, 0), trained.length - 2);
	const weight = (log(low) - logSigma) / Math.fround(log(low) - log(low + 1));
	const share = Math.min(Math.max(weight, 0), 1);
	return (1 - share) * low + share * (low + 1);
}

/** The levels of one run and a last one, σ_0 of training or 0. */
export function withFinalSigma(
	levels: readonly number[],
	trained: Float32Array,
	type: "zero" | "sigma_min",
): Float32Array {
	return Float32Array.from([...levels, type === "zero" ? 0 : trained[0]!]);
}
