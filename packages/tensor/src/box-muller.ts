/*
 * Float32 arithmetic of PyTorch's vectorised `randn`: the logarithm, sine and cosine of the Cephes library as its AVX2 kernels
 * compute them, fused multiply-adds included, so that results agree to the bit.
 * https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/cpu/avx_mathfun.h
 */
const f = Math.fround;

const SQRT_HALF = f(Math.SQRT1_2);
const [L0, L1, L2] = [f(7.0376836292e-2), f(-1.151461031e-1), f(1.167699874e-1)];
const [L3, L4, L5] = [f(-1.2420140846e-1), f(1.4249322787e-1), f(-1.6668057665e-1)];
const [L6, L7, L8] = [f(2.0000714765e-1), f(-2.4999993993e-1), f(3.3333331174e-1)];
const [LN2_LOW, LN2_HIGH] = [f(-2.1219444e-4), f(0.693359375)];

const TWO_PI = f(2 * Math.PI);
const FOUR_OVER_PI = f(4 / Math.PI);
/** −π/4 in three parts, the first two short enough for exact products. */
const [PART1, PART2, PART3] = [-0.78515625, -2.4187564849853516e-4, f(-3.77489498e-8)];
const [S0, S1, S2] = [f(-1.9515295891e-4), f(8.3321608736e-3), f(-1.6666654611e-1)];
const [C0, C1, C2] = [f(2.443315711809948e-5), f(-1.388731625493765e-3), f(4.166664568298827e-2)];

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** A fused multiply-add: a product of two float32 is exact in float64. */
function fma(a: number, b: number, c: number): number {
	return f(a * b + c);
}

/** ln x of a normal, positive float32. */
function log(value: number): number {
	scratch[0] = value;
	const bits = scratchBits[0]!;
	let e = (bits >>> 23) - 126;
	scratchBits[0] = (bits & 0x007fffff) | 0x3f000000;
	let x = scratch[0]!;
	if (x < SQRT_HALF) {
		e -= 1;
		x = f(f(x - 1) + x);
	} else {
		x = f(x - 1);
	}
	const z = f(x * x);
	let y = fma(fma(fma(fma(L0, x, L1), x, L2), x, L3), x, L4);
	y = f(fma(fma(fma(fma(y, x, L5), x, L6), x, L7), x, L8) * x);
	y = f(fma(y, z, f(e * LN2_LOW)) - z * 0.5);
	return fma(e, LN2_HIGH, f(x + y));
}

/**
 * Box and Muller's transform in place: 16 uniforms from [0, 1) at `start` become 16 normals, j and j + 8 a pair.
 */
export function boxMuller16(data: Float32Array, start: number): void {
	for (let j = start; j < start + 8; j++) {
		const radius = f(Math.sqrt(f(-2 * log(f(1 - data[j]!)))));
		const theta = f(TWO_PI * data[j + 8]!);

		const octant = (Math.trunc(f(theta * FOUR_OVER_PI)) + 1) & ~1;
		const x = fma(octant, PART3, fma(octant, PART2, fma(octant, PART1, theta)));
		const z = f(x * x);
		const cos = f(f(f(fma(fma(C0, z, C1), z, C2) * z) * z - z * 0.5) + 1);
		const sin = fma(f(fma(fma(S0, z, S1), z, S2) * z), x, x);

		const swap = (octant & 2) !== 0;
		const cosTheta = (octant - 2) & 4 ? (swap ? sin : cos) : -(swap ? sin : cos);
		const sinTheta = octant & 4 ? -(swap ? cos : sin) : swap ? cos : sin;
		// Adding the mean, 0, makes -0 to 0.
		data[j] = f(radius * cosTheta) + 0;
		data[j + 8] = f(radius * sinTheta) + 0;
	}
}
