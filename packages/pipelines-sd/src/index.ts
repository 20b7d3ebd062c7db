export type { Image, SchedulerName, Seed } from "@drum/diffusion";
export { GeneratedImage, SCHEDULER_NAMES } from "@drum/diffusion";
export { type Condition, DrUM, type HistoryItem, Profile, type Reference } from "@drum/peca";
export { type CheckpointOptions, openCheckpoint, type StableDiffusionFiles } from "./checkpoint.ts";
export type { GenerateOptions, Step } from "./options.ts";
export { type GenerateResult, type PipelineOptions, StableDiffusion } from "./stable-diffusion.ts";
export { parseUNetConfig, type UNetConfig } from "./unet/config.ts";
export { UNet2DCondition, type UNetFeeds, type UNetFiles } from "./unet/unet-2d-condition.ts";
