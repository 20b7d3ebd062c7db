import { type CheckpointTensor, joinedTensor, rowsOf, seenAs, sizeOf } from "@drum/tensor";
import type { Group } from "./group.ts";
import type { Difference, Kronecker, LoraModule, LowRank } from "./lora.ts";
import type { Share } from "./namings/naming.ts";
import type { PeftConfig } from "./peft-config.ts";

const LOKR = ["w1", "w1a", "w1b", "w2", "w2a", "w2b", "t2"] as const;
const CONTROL = "It is a control LoRA, which takes a picture beside the noise: FLUX's control pipelines are not here";

/**
 * What a module of a file adds to each layer that it acts on; nothing where it has no factors.
 * @throws CheckpointError where its tensors do not fit each other or the layers.
 */
export async function modulesOf(group: Group, config: PeftConfig): Promise<LoraModule[]> {
	const isKronecker = LOKR.some((part) => group.has(part));
	const isLowRank = group.has("down") || group.has("up");
	if (isKronecker && isLowRank) group.fail("down", "factors of one method", "those of LoRA and of LoKr");
	const modules: LoraModule[] = [];
	if (isKronecker) modules.push(...(await kronecker(group, config)));
	if (isLowRank) modules.push(...(await lowRank(group, config)));
	if (group.has("weight") || group.has("bias")) modules.push(...difference(group));
	return modules;
}

async function lowRank(group: Group, config: PeftConfig): Promise<LowRank[]> {
	const { name, place } = group;
	const [out, width, ...kernel] = group.dims as [number, number, ...number[]];
	const ones = kernel.map(() => 1);
	const rank = (group.get("down") ?? group.missing("down")).dims[0]!;
	const last = group.get("mid")?.dims[0] ?? rank;
	const isControl = place.shares[0]!.path === "x_embedder" && sizeOf(group.get("down")!.dims) === 2 * rank * width;
	if (isControl) group.fail("down", `[${rank},${width}]`, `[${group.get("down")!.dims}]`, CONTROL);
	const down = group.take("down", [rank, width, ...(group.has("mid") ? ones : kernel)]);
	const mid = group.has("mid") ? group.take("mid", [last, rank, ...kernel]) : undefined;
	const up = group.take("up", [out, last, ...ones]);
	const bias = group.has("upBias") ? group.take("upBias", [out]) : undefined;
	const magnitude = magnitudeOf(group);
	const alpha = await group.number("alpha");
	const configured = config.scaleOf(place.configs, name.slice(place.prefix.length), rank) ?? 1;
	const scale = (alpha === undefined ? configured : alpha / rank) * ((await group.number("scalar")) ?? 1);
	return place.shares.map((share) => ({
		kind: "low-rank",
		path: share.path,
		scale,
		down,
		up: ownRows(up, share),
		...(mid && { mid }),
		...(bias && { bias: ownRows(bias, share) }),
		...(magnitude && { magnitude: magnitude.isOfInputs ? magnitude.place : ownRows(magnitude.place, share) }),
	}));
}

async function kronecker(group: Group, config: PeftConfig): Promise<Kronecker[]> {
	const { name, place } = group;
	const [out, width, ...kernel] = group.dims as [number, number, ...number[]];
	const taps = sizeOf(kernel);
	const w1 = product(group, ["w1", "w1a", "w1b"], (a, b) => [a[0]!, b[1]!]);
	const t2 = group.get("t2");
	const w2 = product(group, ["w2", "w2a", "w2b"], (a, b) => [a[t2 ? 1 : 0]!, b[1]! / (t2 ? 1 : taps)]);
	const [[l, m], [k, n]] = [w1.extents, w2.extents];
	if (l * k !== out || m * n !== width) {
		const last = group.has("w2") ? "w2" : "w2b";
		group.fail(last, `a product [${out},${width}] for ${group.layer}`, `[${l},${m}] ⊗ [${k},${n}]`);
	}
	const rank = w2.rank ?? w1.rank;
	const pair = (a: "w1a" | "w2a", b: "w1b" | "w2b", dims: readonly (readonly number[])[]) =>
		[group.take(a, dims[0]!), group.take(b, dims[1]!)] as const;
	const whole = w2.rank === undefined;
	const pairDims = t2
		? [
				[rank!, k],
				[rank!, n],
			]
		: [
				[k, rank!],
				[rank!, n * taps],
			];
	const magnitude = magnitudeOf(group);
	const alpha = await group.number("alpha");
	// As LyCORIS has it, an alpha says nothing of two whole factors; PEFT scales these too.
	const ownScale = alpha !== undefined && rank !== undefined ? alpha / rank : 1;
	const configured = config.scaleOf(place.configs, name.slice(place.prefix.length)) ?? 1;
	const scale = (alpha === undefined ? configured : ownScale) * ((await group.number("scalar")) ?? 1);
	const factors = {
		w1:
			w1.rank === undefined
				? ([group.take("w1", [l, m])] as const)
				: pair("w1a", "w1b", [
						[l, w1.rank],
						[w1.rank, m],
					]),
		w2: whole ? ([group.take("w2", [k, n, ...kernel])] as const) : pair("w2a", "w2b", pairDims),
		...(t2 && { t2: group.take("t2", [rank!, rank!, ...kernel]) }),
	};
	return place.shares.map((share) => ({
		kind: "kronecker",
		path: share.path,
		scale,
		...factors,
		...(share.rows && { rows: share.rows }),
		...(magnitude && { magnitude: magnitude.isOfInputs ? magnitude.place : ownRows(magnitude.place, share) }),
	}));
}

/** Extents of a factor that is whole or the product of two, and the rank between these. */
function product(
	group: Group,
	[whole, a, b]: readonly ["w1", "w1a", "w1b"] | readonly ["w2", "w2a", "w2b"],
	extentsOf: (a: readonly number[], b: readonly number[]) => readonly [number, number],
): { extents: readonly [number, number]; rank?: number } {
	const place = group.get(whole);
	if (place) {
		if (group.has(a) || group.has(b)) group.fail(whole, "a factor, whole or of two", "both");
		return { extents: [place.dims[0]!, place.dims[1] ?? 1] };
	}
	if (!group.has(a) && !group.has(b)) group.missing(whole);
	const first = group.get(a) ?? group.missing(a);
	const second = group.get(b) ?? group.missing(b);
	return { extents: extentsOf(first.dims, second.dims), rank: second.dims[0]! };
}

/** A whole difference has no rank, so no alpha scales it. */
function difference(group: Group): Difference[] {
	const weight = group.has("weight") ? group.take("weight", group.dims) : undefined;
	const bias = group.has("bias") ? group.take("bias", [group.rows]) : undefined;
	return group.place.shares.map((share) => ({
		kind: "difference",
		path: share.path,
		scale: 1,
		...(weight && { weight: ownRows(weight, share) }),
		...(bias && { bias: ownRows(bias, share) }),
	}));
}

interface Magnitude {
	readonly place: CheckpointTensor;
	readonly isOfInputs: boolean;
}

/** PEFT's magnitudes are of the outputs, LyCORIS's of the outputs, `[out, 1]`, or of the inputs, `[1, in]`. */
function magnitudeOf(group: Group): Magnitude | undefined {
	const { rows: out } = group;
	const width = group.dims[1]!;
	const ofPeft = group.get("magnitude");
	if (ofPeft) {
		if (sizeOf(ofPeft.dims) !== out) group.fail("magnitude", `[${out}] for ${group.layer}`, `[${ofPeft.dims}]`);
		return { place: seenAs(ofPeft, [out]), isOfInputs: false };
	}
	const scale = group.get("doraScale");
	if (!scale) return undefined;
	if (scale.dims[0] === out) return { place: group.take("doraScale", [out]), isOfInputs: false };
	if (group.place.shares.length > 1)
		group.fail("doraScale", `[${out},1], since it is of joined layers`, `[${scale.dims}]`);
	return { place: group.take("doraScale", [1, width]), isOfInputs: true };
}

/** A layer's rows of what a file has for all that it joins. */
function ownRows(place: CheckpointTensor, { rows }: Share): CheckpointTensor {
	if (!rows) return place;
	const [first, ...others] = rows.map(([from, count]) => rowsOf(place, from, count));
	return others.length === 0 ? first! : joinedTensor([first!, ...others]);
}
