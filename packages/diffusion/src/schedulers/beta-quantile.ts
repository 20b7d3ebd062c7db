/** α = β = 0.6, as diffusers has it. */
const SHAPE = 0.6;
/** B(0.6, 0.6) = Γ(0.6)² / Γ(1.2). */
const BETA = 2.415344208002471;

/** The value below which a Beta(0.6, 0.6) variable lies with this probability, to 1e-14. */
export function betaQuantile(probability: number): number {
	// The distribution is symmetric, and the series quick in its lower half.
	if (probability > 0.5) return 1 - betaQuantile(1 - probability);
	let [low, high] = [0, 0.5];
	for (let halving = 0; halving < 50; halving++) {
		const middle = (low + high) / 2;
		if (lowerTail(middle) < probability) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

/** I_x(α, β) = x^α / B · Σ (1 − β)ₙ xⁿ / (n! (α + n)) for x ≤ ½: DLMF 8.17.7, whose terms fall at least by half each. */
function lowerTail(x: number): number {
	let sum = 0;
	let term = 1;
	for (let n = 0; n < 60; n++) {
		sum += term / (SHAPE + n);
		term *= ((1 - SHAPE + n) / (n + 1)) * x;
	}
	return (x ** SHAPE * sum) / BETA;
}
