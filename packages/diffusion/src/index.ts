export { SCHEDULER_NAMES, type SchedulerName } from "./schedulers/choices.ts";
export { createScheduler, type SchedulerOptions } from "./schedulers/create.ts";
export { parseSchedulerFile } from "./schedulers/parse-file.ts";
export type { DrawNoise, Scheduler, SchedulerStep } from "./schedulers/scheduler.ts";
export { AutoencoderKL, type VaeFiles } from "./vae/autoencoder-kl.ts";
export { parseVaeConfig, type VaeConfig } from "./vae/config.ts";
export { configError } from "./vae/config-error.ts";
export { vaeDecoder } from "./vae/decoder.ts";
export { type ResnetOptions, resnetBlock2D, upsample2D } from "./vae/resnet.ts";
