export type { CaptionsFormat } from "./caption-files.ts";
export { type Captions, type CaptionsOptions, openCaptions } from "./captions.ts";
export type { CaptionsState } from "./captions-state.ts";
