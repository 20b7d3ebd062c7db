import { boxMuller16 } from "./box-muller.ts";
import { ArgumentError } from "./errors.ts";
import { MersenneTwister } from "./mersenne-twister.ts";
import { shown } from "./shown.ts";
import { float32, sizeOf, type Tensor } from "./tensor.ts";

/**
 * PyTorch's CPU generator, `torch.Generator("cpu").manual_seed(seed)`, as its float32 kernels for x86 with AVX2 draw from it:
 * the same numbers in the same order. Successive calls go on where the last one ended.
 */
export class TorchGenerator {
	readonly #twister: MersenneTwister;
	/** The second of a pair of normals drawn one by one. */
	#normal: number | undefined;

	/**
	 * @param seed an integer from 0 to 2^64 - 1, above 2^53 - 1 as a bigint. PyTorch seeds with its lower 32 bits only.
	 * @throws ArgumentError
	 */
	constructor(seed: number | bigint) {
		const valid = typeof seed === "bigint" ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
		if (!valid)
			throw new ArgumentError({
				what: "seed",
				expected: "an integer from 0 to 2^64 - 1",
				found: shown(seed),
				next: "Give integers above 2^53 - 1 as a bigint",
			});
		this.#twister = new MersenneTwister(Number(BigInt.asUintN(32, BigInt(seed))));
	}

	/**
	 * `torch.rand(dims)`: uniform on [0, 1), of 24 random bits.
	 * @throws ArgumentError where dims are no shape
	 */
	rand(dims: readonly number[]): Tensor<"float32"> {
		const data = allocate(dims);
		this.#fillUniform(data);
		return float32(data, dims);
	}

	/**
	 * `torch.randn(dims)`: standard normal.
	 * @throws ArgumentError where dims are no shape
	 */
	randn(dims: readonly number[]): Tensor<"float32"> {
		const data = allocate(dims);
		if (data.length < 16) this.#fillNormalOneByOne(data);
		else this.#fillNormal(data);
		return float32(data, dims);
	}

	/**
	 * `torch.randint(0, high, [])`: a whole number below `high`.
	 * @throws ArgumentError unless `high` is from 2^32 to 2^63 - 1, where PyTorch takes 64 bits for it
	 */
	randint(high: bigint): bigint {
		if (high < 1n << 32n || high >= 1n << 63n)
			throw new ArgumentError({ what: "high", expected: "a bigint from 2^32 to 2^63 - 1", found: shown(high) });
		const upper = BigInt(this.#twister.uint32());
		return ((upper << 32n) | BigInt(this.#twister.uint32())) % high;
	}

	#fillUniform(data: Float32Array): void {
		for (let i = 0; i < data.length; i++) data[i] = (this.#twister.uint32() & 0xffffff) / 2 ** 24;
	}

	/** Blocks of 16; where they do not come out even, the last 16 elements are drawn anew. */
	#fillNormal(data: Float32Array): void {
		this.#fillUniform(data);
		for (let start = 0; start + 16 <= data.length; start += 16) boxMuller16(data, start);
		if (data.length % 16 === 0) return;
		const last = data.subarray(data.length - 16);
		this.#fillUniform(last);
		boxMuller16(last, 0);
	}

	/** In float64, a pair at a time; the second of a pair waits for the next element, or the next call of this kind. */
	#fillNormalOneByOne(data: Float32Array): void {
		for (let i = 0; i < data.length; i++) {
			if (this.#normal !== undefined) {
				data[i] = this.#normal;
				this.#normal = undefined;
				continue;
			}
			const theta = 2 * Math.PI * this.#double();
			const radius = Math.sqrt(-2 * Math.log1p(-this.#double()));
			data[i] = radius * Math.cos(theta);
			this.#normal = radius * Math.sin(theta);
		}
	}

	/** Uniform on [0, 1), the lower 53 of 64 random bits. */
	#double(): number {
		const high = this.#twister.uint32() & 0x1fffff;
		return (high * 2 ** 32 + this.#twister.uint32()) / 2 ** 53;
	}
}

function allocate(dims: readonly number[]): Float32Array {
	if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
		throw new ArgumentError({ what: "dims", expected: "integers from 0", found: shown(dims) });
	return new Float32Array(sizeOf(dims));
}
