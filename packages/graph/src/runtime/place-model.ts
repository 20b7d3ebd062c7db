import type { BuiltGraph } from "../built-graph.ts";
import type { Device } from "../device.ts";
import type { PlacedModel } from "./session-protocol.ts";
import { weightsFolder } from "./weights-folder.ts";

/**
 * A model whose weights are mapped from the files that hold them.
 * @throws DeviceError for weights that are not on this machine's disk
 */
export async function placeModel({ name, places, encode }: BuiltGraph, _: Device): Promise<PlacedModel> {
	const { folder, locate } = weightsFolder(
		name,
		places.map(({ file }) => file),
	);
	return { model: encode(({ file, offset }) => ({ location: locate(file), offset })), weights: { folder } };
}
