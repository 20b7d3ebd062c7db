export { captionCandidates } from "./caption-candidates.ts";
export { type Captions, captions } from "./captions.ts";
export { adapters, clip, model } from "./folders.ts";
export { ATTRIBUTES, type Attribute, type Scene, type Told, VALUES } from "./scene.ts";
export { type Entry, makeUsers, TASTES, type Target, type Taste, type Tasted, type User } from "./users.ts";
