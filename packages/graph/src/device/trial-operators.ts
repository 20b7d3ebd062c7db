import { gelu, geluTanh, quickGelu, silu } from "../ops/elementwise.ts";
import { affine, matmul, rotaryEmbedding, softmax } from "../ops/linalg.ts";
import { addLayerNorm, groupNorm, layerNorm, rmsNorm } from "../ops/norm.ts";
import { BYTES, NIBBLES } from "../quantize/choose-format.ts";
import * as right from "./expected.ts";
import type { Replaceable } from "./plain-forms.ts";
import { quantizedCase } from "./quantized-case.ts";
import { attentionCase, convCase, elementwise, norm, random, type TrialCase } from "./trial-case.ts";

export interface TrialOperator {
	readonly operator: string;
	/** Which plain form there is. */
	readonly plain?: Replaceable;
	/** Whether only some models have it: where it is wrong those alone are refused. */
	readonly optional?: true;
	readonly cases: readonly (() => TrialCase)[];
}

const EPSILON = 1e-5;

const sum = (x: right.Numbers, y: right.Numbers) => Float64Array.from(x, (value, i) => value + y[i]!);

/** What models are made of. Those first whose fault is known of some driver. */
export const TRIAL_OPERATORS: readonly TrialOperator[] = [
	{
		operator: "MultiHeadAttention",
		plain: "MultiHeadAttention",
		cases: [
			attentionCase({ rows: 77, tokens: 77, heads: 2, width: 64, causal: true }),
			attentionCase({ rows: 130, tokens: 77, heads: 1, width: 40 }),
			attentionCase({ rows: 130, tokens: 130, heads: 1, width: 64 }),
			attentionCase({ rows: 70, tokens: 130, heads: 1, width: 80 }),
			attentionCase({ rows: 40, tokens: 77, heads: 1, width: 160 }),
			attentionCase({ rows: 40, tokens: 70, heads: 1, width: 128 }),
			attentionCase({ rows: 70, tokens: 70, heads: 2, width: 64, bias: true }),
			attentionCase({ rows: 36, tokens: 36, heads: 1, width: 512 }),
		],
	},
	{
		operator: "FusedMatMul",
		plain: "FusedMatMul",
		cases: [
			() => {
				const draw = random();
				const [a, b] = [draw(1, 33, 40), draw(17, 40)];
				return {
					of: "33 × 40 × 17, the right one turned",
					inputs: { a },
					weights: { b },
					build: ({ a, b }) => matmul(a!, b!, { transB: true, scale: 0.5 }),
					expected: () => right.product(a.data, right.turned(b.data, 17, 40), [33, 40, 17]).map((value) => value / 2),
				};
			},
		],
	},
	{
		operator: "Conv of one window",
		plain: "Conv of one window",
		cases: [
			convCase("2 × 2 pixels, padded below and right", {
				...{ channels: 8, out: 8, height: 2, width: 2, kernel: 2, pads: [0, 0, 1, 1] },
			}),
		],
	},
	{
		operator: "Conv",
		cases: [
			convCase("3 × 3, padded", { channels: 20, out: 24, height: 9, width: 8, kernel: 3, pads: [1, 1, 1, 1] }),
			convCase("3 × 3, every second pixel", {
				...{ channels: 16, out: 8, height: 10, width: 8, kernel: 3, stride: 2, pads: [0, 0, 1, 1] },
			}),
			convCase("2 × 2, padded above and left", {
				...{ channels: 8, out: 8, height: 6, width: 5, kernel: 2, pads: [1, 1, 0, 0] },
			}),
			convCase("1 × 1", { channels: 32, out: 16, height: 6, width: 7, kernel: 1, pads: [0, 0, 0, 0] }),
		],
	},
	{
		operator: "MatMul",
		cases: [
			() => {
				const draw = random();
				const [a, b] = [draw(1, 70, 96), draw(96, 40)];
				return {
					of: "70 × 96 × 40",
					inputs: { a, b },
					weights: {},
					build: ({ a, b }) => matmul(a!, b!),
					expected: () => right.product(a.data, b.data, [70, 96, 40]),
				};
			},
		],
	},
	{
		operator: "Gemm",
		cases: [
			() => {
				const draw = random();
				const [x, weight, bias] = [draw(1, 70, 96), draw(40, 96), draw(40)];
				return {
					of: "70 × 96 × 40",
					inputs: { x },
					weights: { weight, bias },
					build: ({ x, weight, bias }) => affine(x!, weight!, bias!),
					expected: () =>
						right
							.product(x.data, right.turned(weight.data, 40, 96), [70, 96, 40])
							.map((value, i) => value + bias.data[i % 40]!),
				};
			},
		],
	},
	{
		operator: "Softmax",
		cases: [
			() => {
				const x = random()(3, 1100);
				return {
					of: "1100 columns",
					inputs: { x },
					weights: {},
					build: ({ x }) => softmax(x!),
					expected: () => right.softmax(x.data, 1100),
				};
			},
		],
	},
	{
		operator: "LayerNormalization",
		cases: [
			norm(
				"rows of 72",
				(x, w, b) => layerNorm(x, w, b, EPSILON),
				(x) => right.normed(x, 72, EPSILON),
			),
		],
	},
	{
		operator: "SkipLayerNormalization",
		cases: [
			norm(
				"rows of 72",
				(x, w, b, y) => addLayerNorm(x, y, w, b, EPSILON),
				(x, y) => right.normed(sum(x, y), 72, EPSILON),
			),
		],
	},
	{
		operator: "SimplifiedLayerNormalization",
		cases: [
			norm(
				"rows of 72",
				(x, w) => rmsNorm(x, w, EPSILON),
				(x) => right.normed(x, 72, EPSILON, { centred: false }),
				{ shifted: false },
			),
		],
	},
	{
		operator: "InstanceNormalization",
		cases: [
			norm(
				"groups of 4 channels",
				(x, w, b) => groupNorm(x, w, b, 4, EPSILON),
				(x) => right.normed(x, 4 * 30, EPSILON),
				{ dims: [1, 16, 6, 5] },
			),
		],
	},
	{
		operator: "RotaryEmbedding",
		cases: [
			() => {
				const draw = random();
				const [x, cos, sin] = [draw(1, 40, 64), draw(40, 16), draw(40, 16)];
				return {
					of: "2 heads of 32",
					inputs: { x },
					weights: { cos, sin },
					build: ({ x, cos, sin }) => rotaryEmbedding(x!, cos!, sin!, 2),
					expected: () => right.rotated(x.data, cos.data, sin.data, 64, 16),
				};
			},
		],
	},
	{
		operator: "QuickGelu",
		cases: [
			elementwise("α = 1.702", quickGelu, (x) => x * right.sigmoid(1.702 * x)),
			elementwise("α = 1", silu, (x) => x * right.sigmoid(x)),
		],
	},
	{ operator: "Gelu", cases: [elementwise("210 numbers", gelu, (x) => (x / 2) * (1 + right.erf(x / Math.SQRT2)))] },
	{
		operator: "FastGelu",
		cases: [
			elementwise(
				"210 numbers",
				geluTanh,
				(x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
			),
		],
	},
	{
		operator: "MatMulNBits",
		optional: true,
		cases: [quantizedCase("in 8 bits", BYTES), quantizedCase("in 4 bits", NIBBLES)],
	},
];
