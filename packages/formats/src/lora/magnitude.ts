import { type CheckpointTensor, seenAs, sizeOf } from "@drum/tensor";
import type { Group } from "./group.ts";
import type { Share } from "./namings/naming.ts";
import { ownRows } from "./own-rows.ts";

/**
 * DoRA's magnitudes for a module's layer: PEFT's are of the outputs, LyCORIS's of the outputs, `[out, 1]`, or of the inputs, `[1, in]`.
 * @throws CheckpointError where there are as many as neither.
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
		group.fail("doraScale", `[${out},1], since it is of joined layers`, `[${scale.dims}]`);
	const magnitude = group.take("doraScale", [1, group.dims[1]!]);
	return () => ({ magnitude });
}
