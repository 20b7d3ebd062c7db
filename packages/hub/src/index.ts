export { type EncoderFile, openEncoderFile } from "./encoder-file.ts";
export { type FoundFile, findFile, namesFile } from "./find-file.ts";
export { openRepository, REPOSITORY_OPTIONS, type RepositoryOptions, repositoryOptions } from "./open.ts";
export { environmentFetch } from "./proxy.ts";
export { type HeaderOf, readHeader } from "./read-header.ts";
export type { DownloadProgress, FileHead, HubWait, Repository } from "./repository.ts";
export { kindOfFile, sourceKind } from "./source-kind.ts";
export { pickWeights } from "./weights.ts";
