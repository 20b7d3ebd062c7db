import { type CheckpointTensor, joinedTensor, rowsOf, seenAs, type TensorSource, transposedTensor } from "@drum/tensor";
import { type NameTable, type StoredForm, weightsInTensor } from "./name-table.ts";

/** What of a file is a model's. */
export interface FilePart {
	/** The model, in messages. */
	readonly name: string;
	/** What stands before the names of its tensors. */
	readonly prefix: string;
	/** Undefined where the names behind the prefix are the model's own. */
	readonly table?: NameTable | undefined;
	/** Whether a tensor, by its name behind the prefix, is known to be none of the model's. */
	readonly ignored?: ((tensor: string) => boolean) | undefined;
}

/**
 * A model's weights under its own names, wherever the file has them. Tensors behind the prefix that the table does not know keep
 * their names, for the model to say that it does not use them.
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

/** A tensor that does not have the form that it is said to have stays as it is: the model says what shape it expects. */
function asModelSees(place: CheckpointTensor, { rows, transposed, kernel }: StoredForm): CheckpointTensor {
	const [first = 1, columns = 1, ...window] = place.dims;
	if (kernel && window.length > 0 && window.every((extent) => extent === 1)) return seenAs(place, [first, columns]);
	if (transposed && "file" in place && place.dims.length === 2) return transposedTensor(place);
	if (!rows || rows.some(([, , of]) => first % of !== 0)) return place;
	const parts = rows.map(([from, to, of]) => rowsOf(place, (first / of) * from, (first / of) * (to - from)));
	return parts.length === 1 ? parts[0]! : joinedTensor(parts);
}
