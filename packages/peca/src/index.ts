export { Adapter, type AdapterOutput, type ReadyReferences } from "./adapter.ts";
export type { AdapterConfig } from "./adapter-model.ts";
export type { AdapterOptions } from "./adapter-options.ts";
export type { BlendOptions } from "./blend-profiles.ts";
export { CutRows, cutPrompts } from "./cut-prompts.ts";
export { DrUM } from "./drum.ts";
export {
	checkAlpha,
	checkHistory,
	type DatedReference,
	type HistoryItem,
	INTENSITY_NAMES,
	intensityNames,
	type PictureItem,
	type Reference,
} from "./history.ts";
export {
	HISTORY_FORMATS,
	type HistoryFormat,
	type ParseHistoryOptions,
	type ParsePicturesOptions,
	parseHistory,
} from "./history-text/parse-history.ts";
export type { HistoryRow } from "./history-text/row.ts";
export { extendProfile, makeProfile } from "./make-profile.ts";
export {
	type AdapterName,
	type Condition,
	type ConditionParameters,
	compose,
	composePlain,
	type Encoders,
	MIXES,
	type Mix,
	type MixPart,
	mixInputs,
	type NegativeCondition,
	ownRows,
	withoutEncoder,
} from "./mix.ts";
export type {
	AttachOptions,
	CallSides,
	LoraOptions,
	Personalizable,
	PersonalizeOptions,
	PromptOptions,
	SyntaxOptions,
} from "./personalizable.ts";
export { type BlendPart, Profile, type ProfileBytesOptions } from "./profile.ts";
export type { ProfileOptions, ProfileProgress } from "./profile-options.ts";
export type { ProfileParts, ProfileStates, Sampling } from "./profile-parts.ts";
export { loadPromptReader, PROMPT_SYNTAXES, type PromptSyntax, readPrompts } from "./prompt-syntax.ts";
export { checkPrompts } from "./prompts.ts";
export type { PromptSet, ReadOptions } from "./read-prompts.ts";
export { dislikedRows, likedRows, weightsOf } from "./sides.ts";
export type { Texts } from "./texts.ts";
export {
	type ChunkLayout,
	layoutOf,
	plainTexts,
	type Reading,
	type Readings,
	syntaxWarnings,
	type WeightedRows,
} from "./weighted-rows.ts";
export type { Rows } from "./without-rows.ts";
