import { type CheckpointTensor, seenAs, sizeOf } from "@drum/tensor";
import type { Group } from "./group.ts";
import type { Share } from "./namings/naming.ts";
import { ownRows } from "./own-rows.ts";

/**
 * Reads DoRA's magnitudes for the layers of a module. PEFT has one for each output. LyCORIS has one for each output, `[out, 1]`, or for each
 * input, `[1, in]`.
 * @throws CheckpointError if their number is neither
 */
export function magnitudeOf(group: Group): (share: Share) => { magnitude?: CheckpointTensor } {
	const { rows: out } = group;
	const ofPeft = group.get("magnitude");
	if (ofPeft) {
		if (sizeOf(ofPeft.dims) !== out) group.fail("magnitude", `[${out}] for ${group.layer}`, `[${ofPeft.dims}]`);
		return (share) => ({ magnitude: ownRows(seenAs(ofPeft, [out]), share) });
	}
	const scale = group.get("doraScale");
	if (!scale) return () => ({});
	if (scale.dims[0] === out) {
		const ofOutputs = group.take("doraScale", [out]);
		return (share) => ({ magnitude: ownRows(ofOutputs, share) });
	}
	if (group.place.shares.length > 1)
		group.fail("doraScale", `[${out},1], because it changes joined layers`, `[${scale.dims}]`);
	const magnitude = group.take("doraScale", [1, group.dims[1]!]);
	return () => ({ magnitude });
}
