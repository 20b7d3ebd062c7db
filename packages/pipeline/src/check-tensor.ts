import { ArgumentError, shown, sizeOf, type Tensor } from "@drum/tensor";

/**
 * Checks a given tensor: its type, its shape (`null` for any size) and that its values are finite.
 * @param next what else the caller can do
 * @throws ArgumentError naming it.
 */
export function checkTensor(
	what: string,
	tensor: Tensor<"float32"> | undefined,
	dims: readonly (number | null)[],
	next?: string | undefined,
): void {
	const { type, data, dims: found } = (tensor ?? {}) as Partial<Tensor>;
	const how = next === undefined ? {} : { next };
	const shape = `[${dims.map((dim) => dim ?? "any").join(", ")}]`;
	if (type !== "float32" || !(data instanceof Float32Array) || !Array.isArray(found)) {
		throw new ArgumentError({ what, expected: `a float32 tensor ${shape}`, found: type ?? shown(tensor), ...how });
	}
	const fits = found.length === dims.length && found.every((dim, i) => dim > 0 && dim === (dims[i] ?? dim));
	if (!fits || data.length !== sizeOf(found)) {
		throw new ArgumentError({
			what,
			expected: shape,
			found: `[${found.join(", ")}] with ${data.length} values`,
			...how,
		});
	}
	const wrong = data.find((value) => !Number.isFinite(value));
	if (wrong !== undefined) throw new ArgumentError({ what, expected: "finite numbers", found: shown(wrong), ...how });
}
