import type { Naming } from "./denoisers.ts";
import { Below, type Header } from "./header.ts";

/** An AutoencoderKL in a file. */
export interface VaePart {
	/** In words. */
	readonly is: string;
	/** What stands before its tensors' names. */
	readonly prefix: string;
	readonly naming: Naming;
	/** Of its latents. */
	readonly channels: number;
}

const PREFIXES = ["first_stage_model.", "vae.", ""];

/** A block that each has in the middle, by each naming. */
const MIDDLES: readonly [Naming, string][] = [
	["original", "decoder.mid.block_1.conv1.weight"],
	["diffusers", "decoder.mid_block.resnets.0.conv1.weight"],
];

/** The VAE in a file of these tensors. */
export function findVae(header: Header): VaePart | undefined {
	for (const prefix of PREFIXES) {
		const below = new Below(header, prefix);
		const [, channels, ...kernel] = below.dims("decoder.conv_in.weight") ?? [];
		const found = MIDDLES.find(([, middle]) => below.has(middle));
		// Those of videos have kernels of three dimensions.
		if (channels === undefined || !found || kernel.length !== 2) continue;
		return { is: `a VAE of ${channels} channels`, prefix, naming: found[0], channels };
	}
	return undefined;
}
