import { type ByteSource, PlaceReader } from "@drum/tensor";
import type { BuiltGraph, WeightPlace } from "../built-graph.ts";
import type { Device } from "../device.ts";
import type { ExternalWeight, PlacedModel } from "./session-protocol.ts";
import { readsBlobs } from "./worker-kind.browser.ts";

/** Stretches that are read at once: behind an address each is a request. */
const AT_ONCE = 8;

/**
 * A model in which each weight is a separate file for ONNX Runtime, so that only the weights in the model are read from a checkpoint: as bytes,
 * or as a part of a `Blob` if ONNX Runtime reads that itself.
 * @throws CheckpointError for a file that was cut short since it was opened, and what its source throws
 */
export async function placeModel({ places, encode }: BuiltGraph, device: Device): Promise<PlacedModel> {
	const names = new Names();
	const wanted = new Map(places.map((place) => [names.of(place), place]));
	const reader = new PlaceReader();
	const external: ExternalWeight[] = [];
	const read = async ([path, place]: [string, WeightPlace]): Promise<ExternalWeight> => {
		const { file, offset, length } = place;
		if (file.blob && readsBlobs(device)) return { path, data: file.blob.slice(offset, offset + length) };
		return { path, data: await reader.read(place.name, { ...place, type: "uint8", dims: [length] }) };
	};
	try {
		const all = [...wanted];
		for (let at = 0; at < all.length; at += AT_ONCE)
			external.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(read))));
	} finally {
		await reader.close();
	}
	return { model: encode((place) => ({ location: names.of(place), offset: 0 })), weights: { external } };
}

/** A name for each stretch, one where several weights are the same. */
class Names {
	readonly #files = new Map<ByteSource, number>();
	readonly #names = new Map<string, string>();

	of({ file, offset, length }: WeightPlace): string {
		const number = this.#files.get(file) ?? this.#files.size;
		this.#files.set(file, number);
		const key = `${number}:${offset}:${length}`;
		const name = this.#names.get(key) ?? `w/${this.#names.size}`;
		this.#names.set(key, name);
		return name;
	}
}
