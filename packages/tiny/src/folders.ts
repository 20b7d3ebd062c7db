import { fileURLToPath } from "node:url";

const folder = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Absolute path of the image model's folder, in the layout of Stable Diffusion 1 on the hub: for `fromPretrained`. */
export const model = folder("model");

/** Absolute path of the whole CLIP's folder, text and image, for scores. Its text encoder is the image model's. */
export const clip = folder("clip");

/** Absolute path of the adapters' folder: `weight/L.safetensors` in it is PeCA for this model's text encoder. */
export const adapters = folder("drum");
