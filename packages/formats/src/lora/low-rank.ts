import { sizeOf } from "@drum/tensor";
import type { Group } from "./group.ts";
import type { LowRank } from "./lora.ts";
import { magnitudeOf } from "./magnitude.ts";
import { ownRows } from "./own-rows.ts";
import type { PeftConfig } from "./peft-config.ts";

const CONTROL =
	"It is a control LoRA, which adds a picture to the model's input: FLUX's control pipelines are not supported";

/** Reads what a module with LoRA's or LoCon's factors adds to each of its layers. Joined layers share the first factor. */
export async function lowRank(group: Group, config: PeftConfig): Promise<LowRank[]> {
	const [out, width, ...kernel] = group.dims as [number, number, ...number[]];
	const ones = kernel.map(() => 1);
	const first = group.get("down") ?? group.missing("down");
	const rank = first.dims[0]!;
	if (group.place.shares[0]!.path === "x_embedder" && sizeOf(first.dims) === 2 * rank * width)
		group.fail("down", `[${rank},${width}]`, `[${first.dims}]`, CONTROL);
	const isThree = group.has("mid");
	const down = group.take("down", [rank, width, ...(isThree ? ones : kernel)]);
	const last = group.get("mid")?.dims[0] ?? rank;
	const mid = isThree ? group.take("mid", [last, rank, ...kernel]) : undefined;
	const up = group.take("up", [out, last, ...ones]);
	const bias = group.has("upBias") ? group.take("upBias", [out]) : undefined;
	const scale = await scaleOf(group, config, rank);
	const magnitude = magnitudeOf(group);
	return group.place.shares.map((share) => ({
		kind: "low-rank",
		path: share.path,
		scale,
		down,
		up: ownRows(up, share),
		...(mid && { mid }),
		...(bias && { bias: ownRows(bias, share) }),
		...magnitude(share),
	}));
}

/** The file's own alpha takes precedence over a configuration's. Without either the scale is 1. */
async function scaleOf(group: Group, config: PeftConfig, rank: number): Promise<number> {
	const { name, place } = group;
	const alpha = await group.number("alpha");
	const configured = config.scaleOf(place.configs, name.slice(place.prefix.length), rank) ?? 1;
	return (alpha === undefined ? configured : alpha / rank) * ((await group.number("scalar")) ?? 1);
}
