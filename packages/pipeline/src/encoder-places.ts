import { CLIPTextEncoder, parseCLIPTextConfig } from "@drum/encoders-clip";
import { parseT5Config, T5TextEncoder } from "@drum/encoders-t5";
import type { Device, WeightOptions } from "@drum/graph";
import type { Skip, TensorSource, TextEncoder } from "@drum/tensor";
import { ifThere, readBytes, readJson, readText } from "./files.ts";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** Where a checkpoint has one of its text encoders, and of what kind it is. */
export interface EncoderPlace {
	/** The folder of its weights and `config.json`. */
	readonly folder: string;
	/** Whether a checkpoint may go without it: its rows in the condition are zeros then. */
	readonly optional?: boolean | undefined;
	/** Checks `config.json`, parsed; `name` is for messages. @throws CheckpointError naming the field */
	readonly parseConfig?: (config: unknown, name: string) => unknown;
	/** Reads what is small, configuration and tokenizer, and checks it, before weights are looked for. */
	open(files: SmallFiles): Promise<OpenedEncoder>;
}

export interface OpenedEncoder {
	/** Of its hidden states. */
	readonly width: number;
	/** Of a pooled row after the projection. */
	readonly projectedWidth: number;
	/** `config.json`, parsed. */
	readonly config: unknown;
	create(weights: TensorSource, settings: EncoderSettings): Promise<TextEncoder>;
}

export interface EncoderSettings extends WeightOptions {
	readonly name: string;
	/** The hidden states that the mix reads. */
	readonly skips: readonly Skip[];
	readonly device: Device;
	readonly threads: number | undefined;
	/** T5's rows of a prompt. */
	readonly maxSequenceLength: number;
}

export interface TokenizerPlaceOptions {
	/** As of `TokenizerSettingsFiles` in `@drum/tokens`: false where the model's pipeline in diffusers has no textual inversion. */
	readonly severalVectors?: boolean | undefined;
	/** A tokenizer's folder whose `model_max_length` holds for this one too. Default its own. */
	readonly lengthOf?: string | undefined;
}

/** CLIP's text tower. */
export function clip(
	folder: string,
	tokenizer: string,
	{ severalVectors, lengthOf = tokenizer }: TokenizerPlaceOptions = {},
): EncoderPlace {
	const open = async (source: SmallFiles): Promise<OpenedEncoder> => {
		const at = (file: string) => `${tokenizer}/${file}`;
		const config = await readJson(source, `${folder}/config.json`);
		const { hidden_size, projection_dim } = parseCLIPTextConfig(config, `${source.name}/${folder}/config.json`);
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
		return { width: hidden_size, projectedWidth: projection_dim ?? hidden_size, config, create };
	};
	return { folder, parseConfig: parseCLIPTextConfig, open };
}

/** T5's encoder. */
export function t5(
	folder: string,
	tokenizer: string,
	{ optional = false, severalVectors }: { optional?: boolean } & Pick<TokenizerPlaceOptions, "severalVectors"> = {},
): EncoderPlace {
	const open = async (source: SmallFiles): Promise<OpenedEncoder> => {
		const at = (file: string) => `${tokenizer}/${file}`;
		const config = await readJson(source, `${folder}/config.json`);
		const { d_model: width } = parseT5Config(config, `${source.name}/${folder}/config.json`);
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
		return { width, projectedWidth: width, config, create };
	};
	return { folder, optional, parseConfig: parseT5Config, open };
}

/** A tokenizer's settings with the length that another one's have. */
function withLength(config: unknown, other: unknown): unknown {
	if (typeof other !== "object" || other === null) return config;
	return { ...(config as object | undefined), model_max_length: (other as Record<string, unknown>).model_max_length };
}
