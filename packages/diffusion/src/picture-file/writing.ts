// What writes picture files. It is loaded together, for the first of them.
export { encodePicture } from "./encode-picture.ts";
export { mediaTypeOf } from "./picture-format.ts";
export { checkOptions, OPTION_NAMES } from "./picture-options.ts";
export { savePicture } from "./save-picture.ts";
