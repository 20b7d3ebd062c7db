// What a page imports that does all that it can do in a browser.
export { openRepository } from "@drum/hub";
export { DiffusionPipeline } from "@drum/pipeline";
export { Flux } from "@drum/pipelines-flux";
export { DrUM, Profile, StableDiffusion } from "@drum/pipelines-sd";
