import { mul } from "../ops/elementwise.ts";
import { matmul } from "../ops/linalg.ts";
import { gather, slice, transpose } from "../ops/shape.ts";
import { known, type Node, type Value } from "../value.ts";
import { plainAttention } from "./plain-attention.ts";

/** Writes what a node computes by operators that every device has; undefined where this node is none that is meant. */
type PlainForm = (node: Node) => Value | undefined;

/** What a trial can find wrong or missing on a device and still go on. */
export const PLAIN_FORMS = {
	MultiHeadAttention({ inputs: [q, k, v, , , bias], attributes }) {
		const heads = numberOf(attributes.num_heads, 1);
		const scale = numberOf(attributes.scale, 1 / Math.sqrt(known(q!, -1) / heads));
		const causal = numberOf(attributes.unidirectional, 0) === 1;
		return plainAttention(q!, k!, v!, { heads, scale, causal, bias: bias ?? undefined });
	},
	FusedMatMul({ inputs: [a, b], attributes }) {
		const turned = (x: Value, turn: Node["attributes"][string] | undefined) =>
			numberOf(turn, 0) === 1 ? lastTwo(x) : x;
		const scale = numberOf(attributes.alpha, 1);
		const left = turned(a!, attributes.transA);
		return matmul(scale === 1 ? left : mul(left, scale), turned(b!, attributes.transB));
	},
	"Conv of one window": (node) => {
		const [x, weight, bias] = node.inputs;
		const pads = intsOf(node.attributes.pads);
		const [kernel] = intsOf(node.attributes.kernel_shape);
		if (pads[0] !== 0 || pads[1] !== 0 || pads.every((pad) => pad === 0)) return undefined;
		if (kernel !== x!.dims[2] && kernel !== x!.dims[3]) return undefined;
		// Padded above and left too, as much as gives a row and a column that are then cut off. (A pad of its own would be fused.)
		const [stride] = intsOf(node.attributes.strides);
		const [batch, out, height, width] = node.outputs[0]!.dims as [Value["dims"][number], number, number, number];
		const attributes = { ...node.attributes, pads: { ints: [stride!, stride!, pads[2]!, pads[3]!] } };
		const result = { dims: [batch, out, height + 1, width + 1], type: x!.type };
		const larger = x!.graph.node("Conv", bias ? [x!, weight!, bias] : [x!, weight!], result, attributes);
		return slice(slice(larger, 2, 1, height + 1), 3, 1, width + 1);
	},
	"Gather of float16": ({ inputs: [table, indices] }) =>
		table!.type === "float16" ? gather(table!.graph.cast(table!, "float32"), indices!) : undefined,
} as const satisfies Record<string, PlainForm>;

export type Replaceable = keyof typeof PLAIN_FORMS;

/** Which operators a device gets in plain form: in one precision, or where they are used at all. */
export type Replaced = ReadonlySet<`${Replaceable} ${"float32" | "float16"}`>;

/** The node's result in plain form, where one is asked for. */
export function plainForm(node: Node, replaced: Replaced): Value | undefined {
	const type = node.outputs[0]!.type;
	for (const [name, form] of Object.entries(PLAIN_FORMS) as [Replaceable, PlainForm][]) {
		if (name.split(" ")[0] !== node.op || !replaced.has(`${name} ${type as "float32"}`)) continue;
		const result = form(node);
		if (result) return result;
	}
	return undefined;
}

function lastTwo(x: Value): Value {
	const axes = [...x.dims.keys()];
	return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

function numberOf(attribute: Node["attributes"][string] | undefined, otherwise: number): number {
	if (typeof attribute === "number") return attribute;
	return attribute !== undefined && typeof attribute === "object" && "int" in attribute ? attribute.int : otherwise;
}

function intsOf(attribute: Node["attributes"][string] | undefined): readonly number[] {
	return typeof attribute === "object" && "ints" in attribute ? attribute.ints : [];
}
