export { type RandomSampleOptions, randomSample, uniformSample } from "./baselines.ts";
export { type CoresetOptions, coreset } from "./coreset.ts";
export type { EmbeddingsTensor } from "./embeddings.ts";
export { type ExplainOptions, type Explanation, explain, type PickReason } from "./explain.ts";
export { type KCenterOptions, kCenter } from "./k-center.ts";
export type { Progress } from "./run.ts";
export { coresetSize, profileSize, type Share } from "./share.ts";
