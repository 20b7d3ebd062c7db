import { type CheckpointTensor, sizeOf } from "@drum/tensor";
import type { Group } from "./group.ts";
import type { Kronecker } from "./lora.ts";
import { magnitudeOf } from "./magnitude.ts";
import type { PeftConfig } from "./peft-config.ts";

/** One side of the product: its tensors, its size as a matrix, and the rank if it has two factors. */
interface Side<Factors> {
	readonly factors: Factors;
	readonly extents: readonly [rows: number, columns: number];
	readonly rank?: number;
}

/** Reads what a module with LoKr's factors adds to each of its layers. @throws CheckpointError if its tensors do not fit */
export async function kronecker(group: Group, config: PeftConfig): Promise<Kronecker[]> {
	const [out, width, ...kernel] = group.dims as [number, number, ...number[]];
	const first = firstOf(group);
	const second = secondOf(group, kernel);
	const [[l, m], [k, n]] = [first.extents, second.extents];
	if (l * k !== out || m * n !== width) {
		const last = group.has("w2") ? "w2" : "w2b";
		group.fail(last, `a product [${out},${width}] for ${group.layer}`, `[${l},${m}] ⊗ [${k},${n}]`);
	}
	const scale = await scaleOf(group, config, second.rank ?? first.rank);
	const magnitude = magnitudeOf(group);
	return group.place.shares.map((share) => ({
		kind: "kronecker",
		path: share.path,
		scale,
		w1: first.factors,
		...second.factors,
		...(share.rows && { rows: share.rows }),
		...magnitude(share),
	}));
}

/** As in LyCORIS, an alpha does not scale two whole factors. PEFT's configuration also scales these. */
async function scaleOf(group: Group, config: PeftConfig, rank: number | undefined): Promise<number> {
	const { name, place } = group;
	const alpha = await group.number("alpha");
	const configured = config.scaleOf(place.configs, name.slice(place.prefix.length)) ?? 1;
	const own = alpha !== undefined && rank !== undefined ? alpha / rank : 1;
	return (alpha === undefined ? configured : own) * ((await group.number("scalar")) ?? 1);
}

function firstOf(group: Group): Side<Kronecker["w1"]> {
	const whole = wholeOf(group, "w1", "w1a", "w1b");
	if (whole) {
		const extents = [whole.dims[0]!, whole.dims[1] ?? 1] as const;
		return { factors: [group.take("w1", extents)], extents };
	}
	const [a, b] = twoOf(group, "w1a", "w1b");
	const [l, m, rank] = [a.dims[0]!, b.dims[1] ?? 1, b.dims[0]!];
	return { factors: [group.take("w1a", [l, rank]), group.take("w1b", [rank, m])], extents: [l, m], rank };
}

function secondOf(group: Group, kernel: readonly number[]): Side<Pick<Kronecker, "w2" | "t2">> {
	const whole = wholeOf(group, "w2", "w2a", "w2b");
	if (whole) {
		const extents = [whole.dims[0]!, whole.dims[1] ?? 1] as const;
		return { factors: { w2: [group.take("w2", [...extents, ...kernel])] }, extents };
	}
	const [a, b] = twoOf(group, "w2a", "w2b");
	const rank = b.dims[0]!;
	if (group.has("t2")) {
		const [k, n] = [a.dims[1] ?? 1, b.dims[1] ?? 1];
		const w2 = [group.take("w2a", [rank, k]), group.take("w2b", [rank, n])] as const;
		return { factors: { w2, t2: group.take("t2", [rank, rank, ...kernel]) }, extents: [k, n], rank };
	}
	const [k, columns] = [a.dims[0]!, b.dims[1] ?? 1];
	const w2 = [group.take("w2a", [k, rank]), group.take("w2b", [rank, columns])] as const;
	return { factors: { w2 }, extents: [k, columns / sizeOf(kernel)], rank };
}

/** The factor as one tensor. Undefined if it is a product of two, of which the file has at least one. */
function wholeOf<Whole extends "w1" | "w2">(
	group: Group,
	whole: Whole,
	a: `${Whole}a`,
	b: `${Whole}b`,
): CheckpointTensor | undefined {
	const place = group.get(whole);
	const isOfTwo = group.has(a) || group.has(b);
	if (place && isOfTwo) group.fail(whole, "a factor as one tensor or as a product of two", "both");
	if (!place && !isOfTwo) group.missing(whole);
	return place;
}

function twoOf<Whole extends "w1" | "w2">(group: Group, a: `${Whole}a`, b: `${Whole}b`) {
	return [group.get(a) ?? group.missing(a), group.get(b) ?? group.missing(b)] as const;
}
