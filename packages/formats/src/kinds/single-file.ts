import { type DenoiserPart, findDenoiser } from "./denoisers.ts";
import type { Header } from "./header.ts";
import { type EncoderPart, findEncoders } from "./text-encoders.ts";
import { findVae, type VaePart } from "./vaes.ts";

/** The parts of a model that one file of weights contains: all or some. */
export interface SingleFile {
	/** A description that can follow "this is". */
	readonly is: string;
	readonly denoiser?: DenoiserPart | undefined;
	readonly vae?: VaePart | undefined;
	/** Text encoders, by their names in a mix: `L`, `H`, `bigG`, `T5`. */
	readonly encoders: Readonly<Record<string, EncoderPart>>;
}

/**
 * Finds out by tensor names and shapes which parts of a model a file contains. Undefined if it contains no denoiser, VAE or text encoder that
 * is known.
 */
export function readSingleFile(header: Header): SingleFile | undefined {
	const [denoiser, vae, encoders] = [findDenoiser(header), findVae(header), findEncoders(header)];
	const others = Object.values(encoders);
	if (denoiser && (vae || others.length > 0))
		return { is: `a checkpoint of ${denoiser.title} in one file`, denoiser, vae, encoders };
	if (denoiser) return { is: `${denoiser.is} of ${denoiser.title} alone`, denoiser, encoders };
	if (vae && others.length === 0) return { is: vae.is, vae, encoders };
	if (others.length === 0) return undefined;
	const named = others.map(({ is }) => is).join(" and ");
	return { is: vae ? `${vae.is} with ${named}` : named, vae, encoders };
}
