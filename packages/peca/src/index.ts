export { Adapter, type AdapterOptions, type AdapterOutput, type ReadyReferences } from "./adapter.ts";
export type { AdapterConfig } from "./adapter-model.ts";
export { CutRows, cutPrompts, type Texts } from "./cut-prompts.ts";
export { type AttachOptions, DrUM, type Personalizable, type PersonalizeOptions, type PromptOptions } from "./drum.ts";
export {
	checkAlpha,
	checkHistory,
	type HistoryItem,
	INTENSITY_NAMES,
	intensityNames,
	type Reference,
} from "./history.ts";
export {
	HISTORY_FORMATS,
	type HistoryFormat,
	type ParseHistoryOptions,
	parseHistory,
} from "./history-text/parse-history.ts";
export { extendProfile, makeProfile, type ProfileOptions, type ProfileProgress } from "./make-profile.ts";
export {
	type AdapterName,
	type Condition,
	compose,
	composePlain,
	type Encoders,
	MIXES,
	type Mix,
	type MixPart,
	mixInputs,
	ownRows,
	withoutEncoder,
} from "./mix.ts";
export { Profile, type ProfileBytesOptions, type ProfileParts, type ProfileStates, type Sampling } from "./profile.ts";
export { checkPrompts } from "./prompts.ts";
