export { type OtherSettings, readOtherSettings } from "@drum/diffusion/other-programs";
export { PngError, type PngText, readPngText } from "./metadata/png-text.ts";
export { LONGEST_PROMPT, promptText } from "./prompt-text.ts";
