import type { Group } from "./group.ts";
import { kronecker } from "./kronecker.ts";
import type { Difference, LoraModule } from "./lora.ts";
import { lowRank } from "./low-rank.ts";
import { ownRows } from "./own-rows.ts";
import type { PeftConfig } from "./peft-config.ts";

const LOKR = ["w1", "w1a", "w1b", "w2", "w2a", "w2b", "t2"] as const;

/**
 * Reads what a module of a file adds to each of its layers. The list is empty if it has no factors.
 * @throws CheckpointError if its tensors do not fit each other or the layers
 */
export async function modulesOf(group: Group, config: PeftConfig): Promise<LoraModule[]> {
	const isKronecker = LOKR.some((part) => group.has(part));
	const isLowRank = group.has("down") || group.has("up");
	if (isKronecker && isLowRank)
		group.fail(group.has("down") ? "down" : "up", "factors of one method", "those of LoRA and of LoKr");
	const modules: LoraModule[] = [];
	if (isKronecker) modules.push(...(await kronecker(group, config)));
	if (isLowRank) modules.push(...(await lowRank(group, config)));
	if (group.has("weight") || group.has("bias")) modules.push(...difference(group));
	return modules;
}

/** An alpha does not scale a full difference, because it has no rank. */
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
