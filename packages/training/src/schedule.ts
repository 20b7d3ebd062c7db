/** The learning rate: linear warm-up, then half a cosine down to 0 at the last step. Steps count from 1, as in the authors' cosine_lr. */
export function learningRateAt(
	step: number,
	{ learningRate, warmupSteps, steps }: { learningRate: number; warmupSteps: number; steps: number },
): number {
	if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
	return 0.5 * learningRate * (1 + Math.cos((Math.PI * (step - warmupSteps)) / Math.max(1, steps - warmupSteps)));
}
