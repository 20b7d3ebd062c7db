import type { LoraFactor, LoraModule } from "@drum/formats";
import { fingerprint, sha256 } from "@drum/tensor";
import type { ScaledLora } from "./lora-layers.ts";

/** CLIP's paths have it or not. */
const PREFIX = "text_model.";

/**
 * Equal for modules of equal factors, scales and places, whatever their file calls them.
 * @throws FileError when the file cannot be read any more.
 */
export async function loraFingerprint(modules: readonly LoraModule[]): Promise<string> {
	const places = new Map<string, LoraFactor>();
	const settings = modules.map((module) => {
		const { path, kind, scale } = module;
		for (const [name, factor] of factorsOf(module)) places.set(`${path}.${name}`, factor);
		const own = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
		return JSON.stringify([own, kind, scale, "rows" in module ? module.rows : undefined]);
	});
	return fingerprint(places, [...places.keys()], settings.sort(), PREFIX);
}

/** Its tensors by what they are. */
function factorsOf(module: LoraModule): [string, LoraFactor][] {
	return Object.entries(module).flatMap(([name, value]): [string, LoraFactor][] => {
		if (name === "rows" || typeof value !== "object") return [];
		const factors = (Array.isArray(value) ? value : [value]) as LoraFactor[];
		return factors.map((factor, i) => [`${name}.${i}`, factor]);
	});
}

/**
 * A text encoder's fingerprint under LoRAs: the plain one's, and of those that count their own and their scales. What follows the dash
 * tells that they alone differ.
 */
export function loraPrint(plain: string, loras: readonly ScaledLora[]): string {
	const counting = loras.filter(({ scale }) => scale !== 0);
	if (counting.length === 0) return plain;
	const own = counting.map(({ layers, scale }) => JSON.stringify([layers.fingerprint, Math.fround(scale)]));
	// Sums have no order, and what magnitudes multiply has one.
	const isOrdered = counting.some(({ layers }) => layers.modules.some((module) => "magnitude" in module));
	if (!isOrdered) own.sort();
	return `${plain}-${sha256(JSON.stringify(own)).slice(0, 32)}`;
}
