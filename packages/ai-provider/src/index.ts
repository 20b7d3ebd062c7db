export type { DrumImageOptions, DrumProfileOptions } from "./drum-options.ts";
export { createDrum, type DrumProvider, type LocalSettings, type ServiceSettings } from "./drum-provider.ts";
export type { Drawing, ImagePipeline, ImageSettings, LocalModel, Personalizer } from "./local-image-model.ts";
