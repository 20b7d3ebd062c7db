export { openRepository, type RepositoryOptions } from "./open.ts";
export type { DownloadProgress, FileHead, Repository } from "./repository.ts";
export { pickWeights } from "./weights.ts";
