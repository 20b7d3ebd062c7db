export { type CoresetOptions, coreset, type Progress } from "./coreset.ts";
export type { Share } from "./share.ts";
