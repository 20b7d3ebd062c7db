import type { Naming } from "./denoisers.ts";
import { Below, type Header } from "./header.ts";

/** An AutoencoderKL in a file. */
export interface VaePart {
	/** Its name for messages. */
	readonly is: string;
	/** The prefix of its tensors' names. */
	readonly prefix: string;
	readonly naming: Naming;
	/** The channels of its latents. */
	readonly channels: number;
}

const PREFIXES = ["first_stage_model.", "vae.", ""];

/** A block in the middle of each VAE, by naming. */
const MIDDLES: readonly [Naming, string][] = [
	["original", "decoder.mid.block_1.conv1.weight"],
	["diffusers", "decoder.mid_block.resnets.0.conv1.weight"],
];

/** Finds the VAE among a file's tensors. Undefined if there is none for pictures. */
export function findVae(header: Header): VaePart | undefined {
	for (const prefix of PREFIXES) {
		const below = new Below(header, prefix);
		const [, channels, ...kernel] = below.dims("decoder.conv_in.weight") ?? [];
		const found = MIDDLES.find(([, middle]) => below.has(middle));
		// VAEs for videos have kernels with three dimensions.
		if (channels === undefined || !found || kernel.length !== 2) continue;
		return { is: `a VAE of ${channels} channels`, prefix, naming: found[0], channels };
	}
	return undefined;
}
