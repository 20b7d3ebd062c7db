import * as z from "zod/mini";
import {
	type AddedToken,
	addedToken,
	type SavedToken,
	sameToken,
	savedToken,
	textOf,
	wellFormed,
} from "./added-token.ts";
import { check } from "./check.ts";

/** The parsed files of a tokenizer's folder, without its vocabulary. Each file may be missing. */
export interface TokenizerSettingsFiles {
	/** Names the folder in errors. */
	name: string;
	/** `tokenizer.json`. */
	tokenizer?: unknown;
	/** `tokenizer_config.json`. */
	config?: unknown;
	/** `special_tokens_map.json`. */
	specialTokens?: unknown;
	/** `added_tokens.json`. */
	addedTokens?: unknown;
	/** Whether an added token with several vectors stands for all of them, as in diffusers' pipelines with textual inversion. Default true. */
	severalVectors?: boolean | undefined;
}

/** A tokenizer's settings, from whichever files contain them. */
export interface TokenizerSettings {
	/** Tokens with a name such as `pad_token`, in transformers' order. `undefined` for one that a file sets to null. */
	readonly named: ReadonlyMap<string, SavedToken | undefined>;
	/** Added tokens in the order of their ids. */
	readonly added: readonly AddedToken[];
	/** `extra_special_tokens`. Undefined if no file has any. */
	readonly extra: readonly SavedToken[] | undefined;
	/** `additional_special_tokens`, unless they are used as `extra`. */
	readonly additional: readonly SavedToken[] | undefined;
	/** `model_max_length` in tokens. Undefined if it is missing, or is the huge number that transformers writes for no limit. */
	readonly length: number | undefined;
	/** `extra_ids` of T5. */
	readonly extraIds: number;
	readonly paddingSide: "left" | "right";
	readonly truncationSide: "left" | "right";
	readonly splitSpecial: boolean;
	/** Whether decoding removes spaces before punctuation. */
	readonly cleanUp: boolean;
}

/** The order in which transformers adds named tokens. */
const NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** transformers writes 1e30 for a tokenizer without a limit. */
const NO_LENGTH = 1e20;

const side = z._default(z.enum(["left", "right"]), "right");
const flag = z.nullish(z.boolean());
const tokens = z.array(savedToken);
const length = z.nullish(z.number());
const configSchema = z.looseObject({
	model_max_length: length,
	max_len: length,
	padding_side: side,
	truncation_side: side,
	split_special_tokens: flag,
	clean_up_tokenization_spaces: flag,
	extra_ids: z._default(z.int().check(z.minimum(0), z.maximum(10_000)), 100),
	added_tokens_decoder: z.optional(z.record(z.string().check(z.regex(/^\d{1,9}$/, { error: "an id" })), addedToken)),
	extra_special_tokens: z.nullish(z.union([tokens, z.record(z.string(), savedToken)], { error: "a list of tokens" })),
	additional_special_tokens: z.nullish(tokens),
});
const specialTokensSchema = z.looseObject({
	extra_special_tokens: configSchema.shape.extra_special_tokens,
	additional_special_tokens: z.nullish(tokens),
});
const id = z.int().check(z.minimum(0), z.maximum(100_000_000));
const addedTokensSchema = z.record(wellFormed, id);
const jsonSchema = z.looseObject({ added_tokens: z._default(z.array(z.extend(addedToken, { id })), []) });

/**
 * Reads a tokenizer's settings as transformers does. If `tokenizer_config.json` has a list of added tokens, it is the only file that counts.
 * Otherwise `special_tokens_map.json` overrides it, and `added_tokens.json` and `tokenizer.json` have the added tokens.
 * https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/tokenization_utils_base.py
 * @param defaults named tokens that are used if no file has that name
 * @throws CheckpointError that names the file and the wrong field
 */
export function tokenizerSettings(
	files: TokenizerSettingsFiles,
	defaults: Readonly<Record<string, string>>,
): TokenizerSettings {
	const config = check(configSchema, files.config ?? {}, `${files.name}/tokenizer_config.json`);
	const given = tokensByName(config, `${files.name}/tokenizer_config.json`);
	let { extra_special_tokens: extra, additional_special_tokens: additional } = config;
	if (additional && !(Array.isArray(extra) ? extra.length > 0 : extra)) [extra, additional] = [additional, undefined];
	const added = new Map<number, AddedToken>();
	if (config.added_tokens_decoder) {
		for (const [key, token] of Object.entries(config.added_tokens_decoder)) added.set(Number(key), token);
	} else {
		const map = check(specialTokensSchema, files.specialTokens ?? {}, `${files.name}/special_tokens_map.json`);
		const over = tokensByName(map, `${files.name}/special_tokens_map.json`);
		for (const [name, token] of over) given.set(name, token && special(token));
		additional = map.additional_special_tokens?.map(special) ?? additional;
		if (map.extra_special_tokens) extra = joined(extra, map.extra_special_tokens);
		const known = [...NAMES.map((name) => given.get(name)), ...(Array.isArray(extra) ? extra : [])];
		const specials = new Set(known.map((token) => token && textOf(token)));
		const listed = check(addedTokensSchema, files.addedTokens ?? {}, `${files.name}/added_tokens.json`);
		for (const [content, key] of Object.entries(listed)) {
			added.set(key, addedToken.parse({ content, special: specials.has(content) }));
		}
		const { added_tokens } = check(jsonSchema, files.tokenizer ?? {}, `${files.name}/tokenizer.json`);
		for (const { id, ...token } of added_tokens) added.set(id, token);
	}
	if (extra && !Array.isArray(extra)) {
		for (const [name, token] of Object.entries(extra)) given.set(name, token);
		extra = undefined;
	}
	const named = new Map(NAMES.map((name) => [name, given.has(name) ? given.get(name) : defaults[name]]));
	for (const [name, token] of given) named.set(name, token);
	const longest = config.model_max_length ?? config.max_len ?? NO_LENGTH;
	return {
		named,
		added: [...added].sort(([a], [b]) => a - b).map(([, token]) => token),
		extra: extra ?? undefined,
		additional: additional ?? undefined,
		length: longest >= NO_LENGTH ? undefined : longest,
		extraIds: config.extra_ids,
		paddingSide: config.padding_side,
		truncationSide: config.truncation_side,
		splitSpecial: config.split_special_tokens ?? false,
		cleanUp: config.clean_up_tokenization_spaces ?? false,
	};
}

/** The tokens that a tokenizer searches for in text, in the order in which transformers adds them. */
export function tokensToAdd(
	{ added, named }: Pick<TokenizerSettings, "added" | "named">,
	extra: readonly SavedToken[],
): AddedToken[] {
	const texts = new Set(added.map(({ content }) => content));
	const names = new Set([...named.values()].map((token) => token && textOf(token)));
	const all: SavedToken[] = [...added];
	const add = (token: SavedToken | undefined) => {
		if (token !== undefined && !texts.has(textOf(token)) && !all.some((each) => sameToken(each, token)))
			all.push(token);
	};
	for (const token of named.values()) add(token);
	for (const token of extra) add(token);
	return all.map((token) =>
		typeof token === "string"
			? addedToken.parse({ content: token, special: true })
			: { ...token, special: token.special || names.has(token.content) },
	);
}

/** All fields of a file that name a token. */
function tokensByName(file: object, what: string): Map<string, SavedToken | undefined> {
	const named = new Map<string, SavedToken | undefined>();
	for (const [name, value] of Object.entries(file)) {
		if (!name.endsWith("_token") || typeof value === "boolean") continue;
		named.set(name, check(z.nullable(savedToken), value, `${name} of ${what}`) ?? undefined);
	}
	return named;
}

function special(token: SavedToken): SavedToken {
	return typeof token === "string" ? token : { ...token, special: true };
}

type Extra = z.output<typeof configSchema>["extra_special_tokens"];

/** Joins two lists. If one of them is not a list, the second replaces the first. */
function joined(first: Extra, second: NonNullable<Extra>): Extra {
	if (!Array.isArray(second)) return second;
	const all = Array.isArray(first) ? [...first] : [];
	for (const token of second.map(special)) if (!all.some((each) => sameToken(each, token))) all.push(token);
	return all;
}
