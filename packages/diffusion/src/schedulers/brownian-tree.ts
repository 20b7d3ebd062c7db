import { SeedSequence, TorchGenerator } from "@drum/tensor";
import { add, scale, subtract } from "./vector.ts";

/** Decimals that times are rounded to: the tree ends there. */
const DIGITS = 6;
/** NumPy's words for each node's seed. */
const POOL = 24;
/** Increments that are kept: those of the last path, and of what lies next to it. */
const KEPT = 45;

/** A part of time, which halves once something within it is asked for. */
interface Interval {
	readonly start: number;
	readonly end: number;
	readonly parent: Interval | undefined;
	/** Its place among those of its depth, from the left. */
	readonly key: number;
	readonly depth: number;
	halves?: { middle: number; left: Interval; right: Interval; seed: number };
}

/**
 * A Brownian motion between two times, whose increments follow from a seed alone, in any order they are asked for: torchsde's
 * `BrownianInterval(halfway_tree=True, tol=1e-6, pool_size=24)`, in its order of arithmetic.
 * https://github.com/google-research/torchsde/blob/v0.2.6/torchsde/_brownian/brownian_interval.py
 */
export class BrownianTree {
	readonly #entropy: bigint;
	readonly #size: number;
	readonly #root: Interval;
	readonly #whole: Float32Array;
	readonly #increments = new Map<Interval, Float32Array>();

	constructor(start: number, end: number, size: number, entropy: bigint) {
		this.#entropy = entropy;
		this.#size = size;
		this.#root = { start: rounded(start), end: rounded(end), parent: undefined, key: 0, depth: 0 };
		const [seed] = new SeedSequence(entropy, { poolSize: POOL }).generateState(1);
		this.#whole = scale(Math.sqrt(end - start), this.#normals(seed!));
	}

	/** W(to) − W(from), for times in order; those outside are taken as its ends. */
	increment(from: number, to: number): Float32Array {
		const { start, end } = this.#root;
		const within = (time: number) => Math.min(Math.max(time, start), end);
		if (within(from) === within(to)) return new Float32Array(this.#size);
		const parts: Interval[] = [];
		this.#locate(this.#root, rounded(within(from)), rounded(within(to)), parts);
		return parts.map((part) => this.#of(part)).reduce(add);
	}

	/** The intervals that make up the one asked for, from the left. */
	#locate(at: Interval, from: number, to: number, parts: Interval[]): void {
		if (from === to) return;
		if (from === at.start && to === at.end) {
			parts.push(at);
			return;
		}
		const { middle, left, right } = this.#halve(at);
		if (from < middle) this.#locate(left, from, Math.min(to, middle), parts);
		if (to > middle) this.#locate(right, Math.max(from, middle), to, parts);
	}

	#halve(at: Interval): NonNullable<Interval["halves"]> {
		if (at.halves) return at.halves;
		const { start, end, key, depth } = at;
		const middle = rounded(0.5 * (end + start));
		const half = (start: number, end: number, place: number): Interval => {
			return { start, end, parent: at, key: 2 * key + place, depth: depth + 1 };
		};
		const options = { spawnKey: [key, depth], poolSize: POOL };
		const [seed] = new SeedSequence(this.#entropy, options).generateState(1);
		at.halves = { middle, left: half(start, middle, 0), right: half(middle, end, 1), seed: seed! };
		return at.halves;
	}

	/** An interval's increment: of its parent's, and of noise that both halves share. */
	#of(at: Interval): Float32Array {
		const { parent } = at;
		if (!parent) return this.#whole;
		const known = this.#increments.get(at);
		if (known) return known;
		const whole = this.#of(parent);
		const { middle, left, seed } = parent.halves!;
		const share = 1 / (parent.end - parent.start);
		const before = middle - parent.start;
		const mean = scale(share, scale(before, whole));
		const first = add(mean, scale(Math.sqrt(before * (parent.end - middle) * share), this.#normals(seed)));
		const increment = at === left ? first : subtract(whole, first);
		if (this.#increments.size >= KEPT) this.#increments.delete(this.#increments.keys().next().value!);
		this.#increments.set(at, increment);
		return increment;
	}

	#normals(seed: number): Float32Array {
		return new TorchGenerator(seed).randn([this.#size]).data;
	}
}

/** As Python rounds: what lies in the middle goes to the even digit. In binary only multiples of 2⁻⁷ can lie there. */
function rounded(time: number): number {
	const up = Number(time.toFixed(DIGITS));
	const isMiddle = Number.isInteger(time * 128) && (time * 128) % 2 !== 0;
	if (!isMiddle) return up;
	const units = Math.floor(time * 10 ** DIGITS);
	return Number(`${units % 2 === 0 ? units : units + 1}e-${DIGITS}`);
}
