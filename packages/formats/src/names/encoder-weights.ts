import type { TensorSource } from "@drum/tensor";
import type { EncoderPart } from "../kinds/text-encoders.ts";
import { isKnownBeside } from "./beside.ts";
import { openClip } from "./open-clip.ts";
import { renamed } from "./renamed.ts";

/** How to read a text encoder from a file. */
export interface EncoderReading {
	/** Its name for messages. */
	readonly name: string;
	readonly part: EncoderPart;
	/** Its `config.json`. */
	readonly config: unknown;
	/** Whether to read the file's projection, if it has one. Default: true, except for transformers' CLIPTextModel, which has none. */
	readonly projected?: boolean | undefined;
}

/** The weights of a text encoder in a file, with transformers' names. */
export function encoderWeights(file: TensorSource, { name, part, config, projected }: EncoderReading): TensorSource {
	const { num_hidden_layers = 0, architectures } = config as { num_hidden_layers?: number; architectures?: unknown };
	const isOpenClip = part.naming === "original";
	const table = isOpenClip ? openClip({ num_hidden_layers }) : undefined;
	const isPlain = !(projected ?? !(Array.isArray(architectures) && architectures[0] === "CLIPTextModel"));
	const ignored = (tensor: string) =>
		isKnownBeside(tensor) ||
		(isPlain && /^text_projection(\.weight)?$/.test(tensor)) ||
		// Stable Diffusion 2 does not use OpenCLIP's last block.
		(isOpenClip && Number(/^transformer\.resblocks\.(\d+)\./.exec(tensor)?.[1]) >= num_hidden_layers);
	return renamed(file, { name, prefix: part.prefix, table, ignored });
}
