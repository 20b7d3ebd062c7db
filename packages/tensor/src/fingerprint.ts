import { digest } from "./digest.ts";
import { PlaceReader } from "./place-reader.ts";
import type { TensorSource } from "./tensor-place.ts";

/** Tensors up to this many bytes are hashed whole: norms, biases, position tables of a small model. */
const WHOLE = 1 << 14;
/** Of larger ones, this many stretches of this many bytes, evenly spaced from the first to the last. */
const STRETCHES = 8;
const STRETCH = 512;

/**
 * What a `TextEncoder`'s `fingerprint` can be: hashes the settings, and the named tensors' names, types, shapes and values; of a large tensor, a sample of its values.
 * A training or a merge changes a matrix all over, so the sample tells it, at a cost that does not grow with the checkpoint:
 * 15 ms instead of half a second for 500 MB. A change of a few elements of a large tensor alone may go unseen.
 * `prefix` is left out of the names that begin with it, where checkpoints have it or not.
 * @throws FileError when a file cannot be read any more, CheckpointError when it was cut short.
 */
export async function fingerprint(
	weights: Pick<TensorSource, "get">,
	names: readonly string[],
	settings: unknown,
	prefix = "",
): Promise<string> {
	const parts: (string | Uint8Array<ArrayBuffer>)[] = [JSON.stringify(settings)];
	const reader = new PlaceReader();
	try {
		for (const [own, name] of names.map((name) => [without(prefix, name), name] as const).sort()) {
			const place = weights.get(name)!;
			parts.push(JSON.stringify([own, place.type, place.dims]));
			for (const [start, length] of stretches(place.length)) parts.push(await reader.read(name, place, start, length));
		}
	} finally {
		await reader.close();
	}
	return (await digest(parts)).slice(0, 32);
}

function without(prefix: string, name: string): string {
	return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** Of a tensor of so many bytes, those that are hashed: first byte and count. */
function stretches(length: number): [start: number, length: number][] {
	if (length <= WHOLE) return [[0, length]];
	const step = (length - STRETCH) / (STRETCHES - 1);
	return Array.from({ length: STRETCHES }, (_, i) => [Math.floor(i * step), STRETCH]);
}
