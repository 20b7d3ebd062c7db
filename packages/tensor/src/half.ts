import type { DataTypes, Tensor } from "./tensor.ts";

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** IEEE half-precision bit patterns as float32, exactly. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
	const values = new Float32Array(bits.length);
	const out = new Uint32Array(values.buffer);
	for (let i = 0; i < bits.length; i++) {
		const half = bits[i]!;
		const sign = (half & 0x8000) << 16;
		const rest = half & 0x7fff;
		if (rest >= 0x7c00)
			out[i] = sign | 0x7f800000 | (rest << 13); // Infinities and NaNs.
		else if (rest >= 0x0400)
			out[i] = sign | ((rest << 13) + 0x38000000); // The exponent's bias goes from 15 to 127.
		else values[i] = (sign ? -rest : rest) * 2 ** -24; // Subnormals and zeros.
	}
	return values;
}

/** float32 to IEEE half-precision bit patterns, rounded to nearest, ties to even; from 65520 on infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
	const bits = new Uint16Array(values.length);
	const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
	for (let i = 0; i < values.length; i++) {
		const sign = (source[i]! >>> 16) & 0x8000;
		const rest = source[i]! & 0x7fffffff;
		if (rest > 0x7f800000) bits[i] = sign | 0x7e00 | ((rest >>> 13) & 0x1ff);
		else if (rest >= 0x47800000) bits[i] = sign | 0x7c00;
		else if (rest >= 0x38800000) bits[i] = sign | ((rest - 0x38000000 + 0xfff + ((rest >>> 13) & 1)) >>> 13);
		else {
			// Subnormals: beside 0.5, float32's last bit is worth 2^-24, as a subnormal half's is, so the sum rounds.
			scratch[0] = Math.abs(values[i]!) + 0.5;
			bits[i] = sign | (scratchBits[0]! - 0x3f000000);
		}
	}
	return bits;
}

/** bfloat16 bit patterns as float32, exactly. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
	const values = new Float32Array(bits.length);
	const out = new Uint32Array(values.buffer);
	for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16;
	return values;
}

/** float32 to bfloat16 bit patterns, rounded to nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
	const bits = new Uint16Array(values.length);
	const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
	for (let i = 0; i < values.length; i++) {
		const word = source[i]!;
		const nan = (word & 0x7fffffff) > 0x7f800000;
		bits[i] = nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
	}
	return bits;
}

/** Patterns of a sign, 4 bits of exponent and 3 of fraction as float32, exactly; without infinities, as NVIDIA and PyTorch have them. */
function float8E4m3ToFloat32(bits: Uint8Array): Float32Array {
	return Float32Array.from(bits, (pattern) => E4M3[pattern]!);
}

const E4M3 = Float32Array.from({ length: 256 }, (_, pattern) => {
	const [sign, exponent, fraction] = [pattern & 0x80 ? -1 : 1, (pattern >> 3) & 0xf, (pattern & 7) / 8];
	if ((pattern & 0x7f) === 0x7f) return Number.NaN;
	return exponent === 0 ? sign * 2 ** -6 * fraction : sign * 2 ** (exponent - 7) * (1 + fraction);
});

/** Patterns of a sign, 5 bits of exponent and 2 of fraction, the upper halves of float16's, as float32, exactly. */
function float8E5m2ToFloat32(bits: Uint8Array): Float32Array {
	return float16ToFloat32(Uint16Array.from(bits, (pattern) => pattern << 8));
}

/** A tensor's elements as float32: the very array where it is float32 already, else a copy. Booleans become 0 and 1. */
export function toFloat32({ type, data }: Tensor): Float32Array {
	switch (type) {
		case "float32":
			return data as Float32Array;
		case "float16":
			return float16ToFloat32(data as Uint16Array);
		case "bfloat16":
			return bfloat16ToFloat32(data as Uint16Array);
		case "float8_e4m3fn":
			return float8E4m3ToFloat32(data as Uint8Array);
		case "float8_e5m2":
			return float8E5m2ToFloat32(data as Uint8Array);
		case "int64":
		case "uint64":
			return Float32Array.from(data as BigInt64Array | BigUint64Array, Number);
		default:
			return Float32Array.from(data as Exclude<DataTypes[typeof type], BigInt64Array | BigUint64Array>);
	}
}
