import type { Denoiser } from "@drum/diffusion";
import { ArgumentError } from "@drum/tensor";
import type { GenerateOptions } from "./options.ts";

/** Skip-layer guidance: what the denoiser predicts without some of its blocks is led away from. */
export interface LayerSkip {
	readonly layers: readonly number[];
	readonly scale: number;
	/** Calls of the denoiser after the first of these and before the second, from 0; fractions as diffusers has them. */
	readonly between: readonly [start: number, stop: number];
}

/**
 * The call's, with diffusers' defaults; undefined where none is asked for.
 * @throws ArgumentError for a block that the denoiser does not have, or a part that ends before it begins.
 */
export function planLayerSkip(
	options: GenerateOptions,
	{ layers: blocks = 0 }: Pick<Denoiser, "layers">,
	steps: number,
): LayerSkip | undefined {
	const { skipGuidanceLayers: layers = [], skipLayerGuidanceScale: scale = 2.8 } = options;
	const { skipLayerGuidanceStart: start = 0.01, skipLayerGuidanceStop: stop = 0.2 } = options;
	if (layers.length === 0 || scale === 0) return undefined;
	const beyond = layers.find((layer) => layer >= blocks);
	if (beyond !== undefined) {
		const expected = `integers from 0 to ${blocks - 1}, the denoiser's blocks`;
		throw new ArgumentError({ what: "skipGuidanceLayers", expected, found: String(beyond) });
	}
	if (start > stop) {
		const expected = `at least skipLayerGuidanceStart, ${start}`;
		throw new ArgumentError({ what: "skipLayerGuidanceStop", expected, found: String(stop) });
	}
	return { layers, scale, between: [steps * start, steps * stop] };
}
