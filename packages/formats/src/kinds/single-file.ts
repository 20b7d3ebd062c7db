import { type DenoiserPart, findDenoiser } from "./denoisers.ts";
import type { Header } from "./header.ts";
import { type EncoderPart, findEncoders } from "./text-encoders.ts";
import { findVae, type VaePart } from "./vaes.ts";

/** What one file of weights holds of a model: all of it, or some of its parts. */
export interface SingleFile {
	/** In words, as the end of "this is …". */
	readonly is: string;
	readonly denoiser?: DenoiserPart | undefined;
	readonly vae?: VaePart | undefined;
	/** Text encoders, by their names in a mix: `L`, `H`, `bigG`, `T5`. */
	readonly encoders: Readonly<Record<string, EncoderPart>>;
}

/**
 * What of a model a file holds, by its tensors' names and shapes; undefined where it holds no denoiser, VAE or text encoder that
 * is known by its names.
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
