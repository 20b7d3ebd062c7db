export { type OtherSettings, readOtherSettings } from "./metadata/other-programs.ts";
export { PngError, type PngText, readPngText } from "./metadata/png-text.ts";
