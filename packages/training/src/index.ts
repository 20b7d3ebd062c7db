export {
	type Captions,
	type CaptionsFormat,
	type CaptionsOptions,
	type CaptionsState,
	openCaptions,
} from "./captions/index.ts";
export { EncodingCache } from "./encoding-cache.ts";
export type { TrainingStep } from "./run-folder.ts";
export { type TrainingSettings, trainingSettings } from "./settings.ts";
export { type TrainAdapterOptions, type TrainedAdapter, trainAdapter } from "./train-adapter.ts";
export { Training, type TrainingStart, type TrainingState } from "./training.ts";
