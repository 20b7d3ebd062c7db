export { type OtherSettings, readOtherSettings } from "./metadata/other-programs.ts";
export { PngError, type PngText, readPngText } from "./metadata/png-text.ts";
export { type ToldPrompt, toldPrompt } from "./metadata/told-prompt.ts";
export { LONGEST_PROMPT, promptText } from "./prompt-text.ts";
