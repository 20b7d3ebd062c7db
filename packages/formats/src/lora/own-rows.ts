import { type CheckpointTensor, joinedTensor, rowsOf } from "@drum/tensor";
import type { Share } from "./namings/naming.ts";

/** The rows of one layer in a tensor for several joined layers. */
export function ownRows(place: CheckpointTensor, { rows }: Share): CheckpointTensor {
	if (!rows) return place;
	const [first, ...others] = rows.map(([from, count]) => rowsOf(place, from, count));
	return others.length === 0 ? first! : joinedTensor([first!, ...others]);
}
