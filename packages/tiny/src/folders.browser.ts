// From the built file, `dist/browser/index.js`. In a bundle the folders have to be put where the bundle is: see `@drum/tiny/files`.
const folder = new URL("../..", import.meta.url).href;

/** Address of the image model's folder, in the layout of Stable Diffusion 1 on the hub: for `fromPretrained`. */
export const model = `${folder}model`;

/** Address of the whole CLIP's folder, text and image, for scores. Its text encoder is the image model's. */
export const clip = `${folder}clip`;

/** Address of the adapters' folder: `weight/L.safetensors` in it is PeCA for this model's text encoder. */
export const adapters = `${folder}drum`;
