import { parseT5Config, T5TextEncoder } from "@drum/encoders-t5";
import type { TensorSource } from "@drum/tensor";
import type { EncoderSettings, OpenedEncoder, TokenizerPlaceOptions } from "./encoder-place.ts";
import { ifThere, readBytes, readJson } from "./files.ts";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** Reads the configuration and the tokenizer of a T5, and checks them. */
export async function openT5(
	source: SmallFiles,
	folder: string,
	tokenizer: string,
	{ severalVectors }: Pick<TokenizerPlaceOptions, "severalVectors">,
): Promise<OpenedEncoder> {
	const at = (file: string) => `${tokenizer}/${file}`;
	const config = await readJson(source, `${folder}/config.json`);
	const parseConfig = (json: unknown) => parseT5Config(json, `${source.name}/${folder}/config.json`);
	const { d_model: width } = parseConfig(config);
	const json = await ifThere(readJson, source, at("tokenizer.json"));
	const files = {
		name: `${source.name}/${tokenizer}`,
		tokenizer: json,
		spiece: json ? undefined : await ifThere(readBytes, source, at("spiece.model")),
		config: await ifThere(readJson, source, at("tokenizer_config.json")),
		specialTokens: await ifThere(readJson, source, at("special_tokens_map.json")),
		addedTokens: await ifThere(readJson, source, at("added_tokens.json")),
		severalVectors,
	};
	const whole = json !== undefined || files.spiece !== undefined;
	const missing = whole ? undefined : source.absent(at("tokenizer.json or spiece.model"));
	if (missing) throw missing;
	const create = (weights: TensorSource, { maxSequenceLength, ...settings }: EncoderSettings) =>
		T5TextEncoder.create({ ...settings, config, weights, tokenizer: files, maxLength: maxSequenceLength });
	return { width, projectedWidth: width, config, parseConfig, create };
}
