import type { PipelineOptions } from "@drum/pipeline";

type OnLayerErrors = NonNullable<PipelineOptions["onLayerErrors"]>;

/** A layer with quantised weights. */
export interface QualityLayer {
	/** The model: `denoiser`, `vae`, `CLIP` or `T5`. */
	part: string;
	/** Its place in the checkpoint. */
	layer: string;
	weights: number;
	/** The size of its differences in that of its results, given the same inputs: the root of the mean square over all runs. */
	error: number;
}

/** Errors of layers over the runs of a picture. */
export class LayerSums {
	readonly #layers = new Map<string, Omit<QualityLayer, "error"> & { squares: number; runs: number }>();

	add(part: Parameters<OnLayerErrors>[0], errors: Parameters<OnLayerErrors>[1]): void {
		for (const { layer, weights, error } of errors) {
			const key = `${part} ${layer}`;
			const { squares, runs } = this.#layers.get(key) ?? { squares: 0, runs: 0 };
			this.#layers.set(key, { part, layer, weights, squares: squares + error ** 2, runs: runs + 1 });
		}
	}

	worstFirst(): QualityLayer[] {
		const layers = [...this.#layers.values()].map(({ squares, runs, ...rest }) => ({
			...rest,
			error: Math.sqrt(squares / runs),
		}));
		return layers.sort((a, b) => b.error - a.error);
	}
}
