const f32 = Math.fround;

export interface SaStep {
	/** λ of the outputs, newest first. */
	nodes: readonly number[];
	/** λ where the step begins and ends. */
	from: number;
	to: number;
	/** τ², the share of noise. */
	tau2: number;
	/** Whether the outputs are estimates of x₀, or of ε. */
	data: boolean;
	half: "predictor" | "corrector";
}

/** "SA-Solver", Eq. 14 and 17: the integrals of Lagrange's polynomials, times an exponential, over the step. */
export function exponentialWeights({ nodes, from, to, tau2, data, half }: SaStep): number[] {
	const order = nodes.length;
	const integrals = nodes.map((_, j) =>
		data ? risingIntegral(order - 1 - j, from, to, tau2) : fallingIntegral(order - 1 - j, from, to),
	);
	const weights = nodes.map((_, i) =>
		lagrange(nodes, i).reduce((sum, coefficient, j) => f32(sum + f32(coefficient * integrals[j]!)), 0),
	);
	// As in diffusers: a weight that keeps order 2 where the step is long.
	if (data && order === 2) {
		const more = secondOrderTerm(nodes, from, to, tau2, half);
		weights[0] = f32(weights[0]! + more);
		weights[1] = f32(weights[1]! - more);
	}
	return weights;
}

function secondOrderTerm(
	nodes: readonly number[],
	from: number,
	to: number,
	tau2: number,
	half: SaStep["half"],
): number {
	const h = f32(to - from);
	const k = 1 + tau2;
	const curve = f32(f32(f32(h * k) - 1) + f32(Math.exp(f32(k * -h))));
	const growth = f32(Math.exp(f32(k * to)));
	if (half === "corrector") return f32(growth * f32(f32(h / 2) - f32(curve / f32(k ** 2 * h))));
	const length = f32(nodes[0]! - nodes[1]!);
	return f32(f32(growth * f32(f32(f32(h * h) / 2) - f32(curve / k ** 2))) / length);
}

/** ∫ x^power·e^((1+τ²)x) dx, each power in units of 1 + τ². */
function risingIntegral(power: number, from: number, to: number, tau2: number): number {
	const k = 1 + tau2;
	const [a, b] = [f32(k * from), f32(k * to)];
	const decay = f32(Math.exp(-f32(b - a)));
	const inner = f32(polynomial(power, b, -1) - f32(polynomial(power, a, -1) * decay));
	return f32(f32(f32(Math.exp(b)) * inner) / k ** (power + 1));
}

/** ∫ x^power·e^(−x) dx. */
function fallingIntegral(power: number, from: number, to: number): number {
	const growth = f32(Math.exp(f32(to - from)));
	const inner = f32(f32(polynomial(power, from, 1) * growth) - polynomial(power, to, 1));
	return f32(f32(Math.exp(-to)) * inner);
}

/** x^n ± n·x^(n−1) + n·(n−1)·x^(n−2) ± …, the antiderivative's polynomial. */
function polynomial(power: number, x: number, sign: 1 | -1): number {
	let sum = 0;
	let factor = 1;
	for (let n = power; n >= 0; n--) {
		sum = f32(sum + f32(factor * f32(x ** n)));
		factor *= sign * n;
	}
	return sum;
}

/** The coefficients of Lagrange's polynomial of node `i`, highest power first. */
function lagrange(nodes: readonly number[], i: number): number[] {
	const others = nodes.filter((_, k) => k !== i);
	const denominator = others.reduce((product, node) => f32(product * f32(nodes[i]! - node)), 1);
	let roots = [1];
	for (const root of others) {
		const higher = [...roots, 0];
		roots = higher.map((coefficient, k) => (k === 0 ? coefficient : f32(coefficient - f32(root * higher[k - 1]!))));
	}
	return roots.map((coefficient) => f32(coefficient / denominator));
}
