import type { SessionOptions, WeightOptions } from "@drum/graph";
import { loadPart } from "@drum/tensor";
import type { ModelFiles } from "../model-files.ts";
import type { Autoencoder } from "./autoencoder.ts";
import { AutoencoderKL } from "./autoencoder-kl.ts";
import { parseVaeConfig, shapeOf } from "./config.ts";
import type { AutoencoderShape } from "./open-halves.ts";
import { parseTinyVaeConfig, tinyShapeOf } from "./tiny/config.ts";

/**
 * Loads an autoencoder of the class that its `config.json` names.
 * @throws CheckpointError as the class's own `load`.
 */
export async function loadAutoencoder(
	files: ModelFiles,
	options: SessionOptions & WeightOptions = {},
): Promise<Autoencoder> {
	if (!isTiny(files.config)) return AutoencoderKL.load(files, options);
	const { AutoencoderTiny } = await loadPart(() => import("./tiny/autoencoder-tiny.ts"));
	return AutoencoderTiny.load(files, options);
}

/**
 * The extents of an autoencoder by its `config.json`.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function autoencoderShape(json: unknown, name: string): AutoencoderShape {
	return isTiny(json) ? tinyShapeOf(parseTinyVaeConfig(json, name)) : shapeOf(parseVaeConfig(json, name));
}

function isTiny(json: unknown): boolean {
	return (json as { _class_name?: unknown } | null)?._class_name === "AutoencoderTiny";
}
