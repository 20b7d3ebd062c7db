import { type CheckpointTensor, joinedTensor, rowsOf, seenAs, type TensorSource, transposedTensor } from "@drum/tensor";
import { type NameTable, type StoredForm, weightsInTensor } from "./name-table.ts";

/** The part of a file that belongs to a model. */
export interface FilePart {
	/** The model's name for messages. */
	readonly name: string;
	/** The prefix of its tensors' names. */
	readonly prefix: string;
	/** The table of names. Undefined if the names after the prefix are the model's own. */
	readonly table?: NameTable | undefined;
	/** Whether a tensor, by its name after the prefix, is known not to belong to the model. */
	readonly ignored?: ((tensor: string) => boolean) | undefined;
}

/**
 * Gives a model's weights in a file under the model's own names. Tensors after the prefix that are not in the table keep their names, so that
 * the model can report that it does not use them.
 */
export function renamed(file: TensorSource, { name, prefix, table, ignored }: FilePart): TensorSource {
	const places = new Map<string, CheckpointTensor>();
	for (const tensor of file.names()) {
		if (!tensor.startsWith(prefix)) continue;
		const inPart = tensor.slice(prefix.length);
		if (ignored?.(inPart)) continue;
		const place = file.get(tensor)!;
		const own = table ? weightsInTensor(table, inPart) : [{ name: inPart }];
		for (const { name: weight, ...form } of own) places.set(weight, asModelSees(place, form));
		if (own.length === 0) places.set(tensor, place);
	}
	return { name, get: (tensor) => places.get(tensor), names: () => places.keys() };
}

/** A tensor that does not fit its form stays as it is. The model then refuses its shape. */
function asModelSees(place: CheckpointTensor, { rows, transposed, kernel }: StoredForm): CheckpointTensor {
	const [first = 1, columns = 1, ...window] = place.dims;
	if (kernel && window.length > 0 && window.every((extent) => extent === 1)) return seenAs(place, [first, columns]);
	if (transposed && "file" in place && place.dims.length === 2) return transposedTensor(place);
	if (!rows || rows.some(([, , of]) => first % of !== 0)) return place;
	const parts = rows.map(([from, to, of]) => rowsOf(place, (first / of) * from, (first / of) * (to - from)));
	return parts.length === 1 ? parts[0]! : joinedTensor(parts);
}
