export type { VisualPreferences } from "@drum/captions";
export { AnswerError } from "@drum/hub";
export { ChatClient, type ChatModel, type ChatOptions } from "./baselines/chat-client.ts";
export type { ChatMessage } from "./baselines/chat-recording.ts";
export { type PMGOptions, pmg } from "./baselines/pmg.ts";
export { bm25Retrieval, clipRetrieval, type Retrieval } from "./baselines/retrieval.ts";
export { type TailoredVisionsOptions, tailoredVisions } from "./baselines/tailored-visions.ts";
export {
	type BootstrapOptions,
	type Comparison,
	compare,
	type Estimate,
	type Summary,
	summarize,
} from "./bootstrap.ts";
export { CLIPScorer, type ImageEncoder } from "./clip-scorer.ts";
export type { EvaluationUser, LeaveOutOptions, LeftOutUser } from "./data/evaluation-user.ts";
export { readHistories } from "./data/read-histories.ts";
export { type MovieLensCounts, type MovieLensOptions, readMovieLens } from "./data/read-movielens.ts";
export { type PIPOptions, readPIP } from "./data/read-pip.ts";
export { type MovieDetails, type MoviesOptions, TMDBClient, type TMDBOptions } from "./data/tmdb-client.ts";
export { type FabricOptions, fabric } from "./fabric/fabric.ts";
export { feedbackPair, feedbackRows, type SeenPicture } from "./fabric/feedback-pair.ts";
export type { FabricSchedule } from "./fabric/schedule.ts";
export { type PersonalizedFeaturesOptions, personalizedFeatures } from "./personalized-features.ts";
export type { FrameOptions, FrameSeries, PlotPoint } from "./plots/frame.ts";
export { type LinePlotOptions, type LineSeries, linePlot } from "./plots/line-plot.ts";
export type { PlotAxis } from "./plots/scales.ts";
export { type ScatterPlotOptions, scatterPlot } from "./plots/scatter-plot.ts";
export { escapeText } from "./plots/svg.ts";
export { improvement, meanScores, type Scores, scoresOf, type UserFeatures } from "./scores.ts";
export { clipSimilarities } from "./similarity.ts";
export { type EvaluatedUser, userFeatures } from "./user-features.ts";
export { type ViPerOptions, viper } from "./viper/viper.ts";
export { type ViPerPreferencesOptions, viperPreferences } from "./viper/viper-preferences.ts";
