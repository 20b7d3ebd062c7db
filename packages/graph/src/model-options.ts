import { namesOf } from "@drum/tensor";
import type { QuantizeOptions, WeightOptions } from "./quantize/quantize-options.ts";
import { SESSION_OPTIONS } from "./session.ts";

const WEIGHT_OPTIONS = namesOf<WeightOptions>({
	dtype: true,
	cacheFolder: true,
	onQuantize: true,
	onLayerErrors: true,
});

/** What loads a model takes these: where it runs, and how its weights are held. */
export const MODEL_OPTIONS: readonly string[] = [...SESSION_OPTIONS, ...WEIGHT_OPTIONS];

/** Those of more options that `quantize` takes. */
export function weightOptions(
	options: Pick<QuantizeOptions, "device" | keyof WeightOptions>,
): Pick<QuantizeOptions, "device" | keyof WeightOptions> {
	const { device, dtype, cacheFolder, onQuantize, onLayerErrors } = options;
	return { device, dtype, cacheFolder, onQuantize, onLayerErrors };
}
