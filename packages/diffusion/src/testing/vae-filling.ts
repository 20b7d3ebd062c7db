import { sizeOf } from "@drum/tensor";
import { type Filling, table } from "@drum/test-weights";

/** As tooling/golden/vae.py and vae_encoder.py fill a VAE. */
export const vaeFilling: Filling = {
	table: table(11),
	/** A power of two near twice the deviation that keeps a convolution's input's scale; 0 for a norm's weights. */
	scaleOf(name, dims) {
		if (dims.length === 1) return name.endsWith("weight") ? 0 : 0.125;
		return 2 ** (1 - Math.round(Math.log2(sizeOf(dims.slice(1))) / 2));
	},
};
