import type { Denoiser } from "@drum/diffusion";
import { ArgumentError } from "@drum/tensor";
import type { GenerateOptions } from "./options.ts";

/** Skip-layer guidance: steers away from the denoiser's prediction without some of its blocks. */
export interface LayerSkip {
	readonly layers: readonly number[];
	readonly scale: number;
	/** Calls of the denoiser, from 0, after the first and before the second of these. They may be fractions, as in diffusers. */
	readonly between: readonly [start: number, stop: number];
}

/**
 * A call's skip-layer guidance, with diffusers' defaults. Undefined if the call has none.
 * @throws ArgumentError for a block that the denoiser does not have, or a part that ends before it begins
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
