export { checkClip } from "./check-clip.ts";
export { type Estimate, estimateOf, type Trial, tryModel } from "./estimate.ts";
export { type EvaluateOptions, evaluate } from "./evaluate.ts";
export { languagePreferences, languageRewriters } from "./language-rewriters.ts";
export { machineName } from "./machine.ts";
export {
	type Ablation,
	ablations,
	type Degree,
	degrees,
	type Method,
	type Personal,
	PLAIN,
	type Rewritten,
	SAMPLERS,
	samplings,
} from "./methods.ts";
export { type PlannedMethod, planOf } from "./plan.ts";
export { RememberingEncoder } from "./remembering-encoder.ts";
export { degreeLine, figure3, figure7 } from "./report/figures.ts";
export { ABLATION_SCORES, CLIP_SCORES, type PaperRow, type Printed, TEXT_ALIGN } from "./report/paper.ts";
export { duration, interval, markdownTable, percent, signed } from "./report/text.ts";
export { writeReport } from "./report/write-report.ts";
export { type MethodResult, meanOf, methodResults } from "./results.ts";
export { type ModelSources, RunModels, type RunModelsOptions } from "./run-models.ts";
export { type KeptPicture, RunStore, type Unit } from "./run-store.ts";
export {
	ALPHAS,
	checkSettings,
	FIGURE_NAMES,
	METHOD_NAMES,
	type MethodName,
	type PaperData,
	RATIOS,
	type RunSettings,
	TABLE_NAMES,
} from "./settings.ts";
export type { Measurement, MeasurePictures, NumberedUser, Rewriters } from "./study-options.ts";
