import { loadPart } from "@drum/tensor";
import type { EncoderPlace, TokenizerPlaceOptions } from "./encoder-place.ts";
import { openClip } from "./open-clip.ts";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** CLIP's text tower. */
export function clip(folder: string, tokenizer: string, options: TokenizerPlaceOptions = {}): EncoderPlace {
	return { folder, open: (files) => openClip(files, folder, tokenizer, options) };
}

/** T5's encoder. */
export function t5(
	folder: string,
	tokenizer: string,
	{ optional = false, severalVectors }: { optional?: boolean } & Pick<TokenizerPlaceOptions, "severalVectors"> = {},
): EncoderPlace {
	const open = async (files: SmallFiles) => {
		const { openT5 } = await loadPart(() => import("./open-t5.ts"));
		return openT5(files, folder, tokenizer, { severalVectors });
	};
	return { folder, optional, open };
}
