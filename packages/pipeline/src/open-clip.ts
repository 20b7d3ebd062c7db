import { CLIPTextEncoder, parseCLIPTextConfig } from "@drum/encoders-clip";
import type { TensorSource } from "@drum/tensor";
import type { EncoderSettings, OpenedEncoder, TokenizerPlaceOptions } from "./encoder-place.ts";
import { ifThere, readJson, readText } from "./files.ts";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** Reads the configuration and the tokenizer of a CLIP, and checks them. */
export async function openClip(
	source: SmallFiles,
	folder: string,
	tokenizer: string,
	{ severalVectors, lengthOf = tokenizer }: TokenizerPlaceOptions,
): Promise<OpenedEncoder> {
	const at = (file: string) => `${tokenizer}/${file}`;
	const config = await readJson(source, `${folder}/config.json`);
	const parseConfig = (json: unknown) => parseCLIPTextConfig(json, `${source.name}/${folder}/config.json`);
	const { hidden_size, projection_dim } = parseConfig(config);
	const isOwn = lengthOf === tokenizer || !(await source.has(`${lengthOf}/tokenizer_config.json`));
	const lengths = isOwn ? undefined : await readJson(source, `${lengthOf}/tokenizer_config.json`);
	const files = {
		name: `${source.name}/${tokenizer}`,
		tokenizer: await ifThere(readJson, source, at("tokenizer.json")),
		vocab: await ifThere(readJson, source, at("vocab.json")),
		merges: await ifThere(readText, source, at("merges.txt")),
		config: withLength(await ifThere(readJson, source, at("tokenizer_config.json")), lengths),
		specialTokens: await ifThere(readJson, source, at("special_tokens_map.json")),
		addedTokens: await ifThere(readJson, source, at("added_tokens.json")),
		severalVectors,
	};
	const whole = files.tokenizer !== undefined || (files.vocab !== undefined && files.merges !== undefined);
	const missing = whole ? undefined : source.absent(at("tokenizer.json, or vocab.json and merges.txt,"));
	if (missing) throw missing;
	const create = (weights: TensorSource, { maxSequenceLength: _, ...settings }: EncoderSettings) =>
		CLIPTextEncoder.create({ ...settings, config, weights, tokenizer: files });
	return { width: hidden_size, projectedWidth: projection_dim ?? hidden_size, config, parseConfig, create };
}

/** A tokenizer's settings with the length of another one's. */
function withLength(config: unknown, other: unknown): unknown {
	if (typeof other !== "object" || other === null) return config;
	return { ...(config as object | undefined), model_max_length: (other as Record<string, unknown>).model_max_length };
}
