import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FileError } from "@drum/tensor";
import { findPackage } from "@drum/tensor/node";

const folder = packageFolder();

/** Absolute path of the image model's folder, in the layout of Stable Diffusion 1 on the hub: for `fromPretrained`. */
export const model = join(folder, "model");

/** Absolute path of the whole CLIP's folder, text and image, for scores. Its text encoder is the image model's. */
export const clip = join(folder, "clip");

/** Absolute path of the adapters' folder: `weight/L.safetensors` in it is PeCA for this model's text encoder. */
export const adapters = join(folder, "drum");

/** Not by `new URL("../model", import.meta.url)`, of which bundlers make a file of their own; in a bundle it is another's folder. */
function packageFolder(): string {
	const url: string | undefined = import.meta.url;
	const own = url?.startsWith("file:") ? dirname(dirname(fileURLToPath(url))) : undefined;
	if (own !== undefined && existsSync(join(own, "model", "model_index.json"))) return own;
	try {
		return dirname(dirname(findPackage("@drum/tiny", url)));
	} catch (cause) {
		const next = "Install it, or copy it into the node_modules next to your bundle: weights cannot be bundled";
		throw new FileError({ what: "the folder of @drum/tiny", found: "none", next, cause });
	}
}
