export type { CaptionCache } from "./cache/caption-cache.ts";
export {
	type CaptionedItem,
	type CaptionHistoryOptions,
	captionHistory,
	type LikedItem,
} from "./caption-history.ts";
export type { Captioner } from "./captioner.ts";
export { EndpointCaptioner, type EndpointCaptionerOptions } from "./endpoint/endpoint-captioner.ts";
export { VisionEndpoint, type VisionEndpointOptions, type VisionPart } from "./endpoint/vision-endpoint.ts";
export { type LikedPicture, pictureHash } from "./given-picture.ts";
export { type ToldPrompt, toldPrompt } from "./metadata/told-prompt.ts";
export { LONGEST_PROMPT } from "./prompt-text.ts";
export {
	type CommentedPicture,
	commentsHash,
	FORM as PREFERENCES_FORM,
	parsePreferences,
	preferenceHistory,
	type VisualPreferences,
	type VisualPreferencesOptions,
	visualPreferences,
} from "./visual-preferences.ts";
export { type CaptionCandidates, ZeroShotCaptioner, type ZeroShotOptions } from "./zero-shot-captioner.ts";
