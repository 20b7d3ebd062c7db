import { quantizedAffine } from "../ops/quantized.ts";
import { type BlockFormat, rowParts } from "../quantize/formats.ts";
import { quantizeRows } from "../quantize/quantize-rows.ts";
import { type Numbers, product, turned } from "./expected.ts";
import { random, type TrialCase } from "./trial-case.ts";

const [ROWS, OUT, COLUMNS] = [33, 40, 256] as const;

/** A product with weights in blocks. Its inputs are whole and up to 127 in each block, so that rounding them to 8 bits changes nothing. */
export function quantizedCase(of: string, format: BlockFormat): () => TrialCase {
	return () => {
		const draw = random();
		const [x, weight] = [draw(1, ROWS, COLUMNS), draw(OUT, COLUMNS)];
		for (let i = 0; i < x.data.length; i++) x.data[i] = i % format.block === 0 ? 127 : Math.round(63 * x.data[i]!);
		const { codes, scales, zeroPoints } = quantizeRows(weight.data, COLUMNS, format)!;
		const row = rowParts(format, COLUMNS);
		const bytes = (format.block * format.bits) / 8;
		return {
			of,
			inputs: { x },
			weights: {
				codes: { data: codes, dims: [OUT, row.scales, bytes] },
				scales: { data: scales, dims: [OUT * row.scales] },
				...(format.zeroPoints && { zeros: { data: zeroPoints, dims: [OUT * row.zeroPoints] } }),
			},
			build: ({ x, codes, scales, zeros = null }) =>
				quantizedAffine(
					x!,
					{ format, rows: OUT, columns: COLUMNS, codes: codes!, scales: scales!, zeroPoints: zeros },
					null,
				),
			expected: () => {
				const weights = meant(codes, scales, format.zeroPoints ? zeroPoints : undefined, format);
				return product(x.data, turned(weights, OUT, COLUMNS), [ROWS, COLUMNS, OUT]);
			},
		};
	};
}

/** The weights that codes stand for. */
function meant(
	codes: Numbers,
	scales: Numbers,
	zeros: Numbers | undefined,
	{ bits, block }: BlockFormat,
): Float64Array {
	const code = (all: Numbers, i: number) => (bits === 8 ? all[i]! : (all[i >> 1]! >> (4 * (i & 1))) & 15);
	return Float64Array.from({ length: OUT * COLUMNS }, (_, i) => {
		const zero = zeros ? code(zeros, Math.floor(i / block)) : 2 ** (bits - 1);
		return (code(codes, i) - zero) * scales[Math.floor(i / block)]!;
	});
}
