export { type EncoderFile, openEncoderFile } from "./encoder-file.ts";
export { findFile, namesFile } from "./find-file.ts";
export type { FoundFile } from "./found-file.ts";
export {
	type FilesByPath,
	isSource,
	type RepositorySource,
	sourceName,
	type WeightsSource,
} from "./given-repository.ts";
export { hubFiles } from "./hub-files.ts";
export type { HubFile } from "./listing.ts";
export { openRepository } from "./open.ts";
export { environmentFetch } from "./proxy.ts";
export { type HeaderOf, readHeader } from "./read-header.ts";
export type { DownloadProgress, FileHead, HubWait, Repository } from "./repository.ts";
export { REPOSITORY_OPTIONS, type RepositoryOptions, repositoryOptions } from "./repository-options.ts";
export { AnswerError } from "./requests/answer-error.ts";
export {
	CHAT_ENDPOINT_OPTIONS,
	ChatEndpoint,
	type ChatEndpointOptions,
	type ChatPart,
	type ChatQuestion,
	type ChatReply,
} from "./requests/chat-endpoint.ts";
export { fetchJson, type JsonRequest } from "./requests/fetch-json.ts";
export { Refusal } from "./requests/refusal.ts";
export { checkKey } from "./requests/secret.ts";
export { serverAddress } from "./requests/server-address.ts";
export { gaveUp, Interruption, pause, type Retries, retrying } from "./retry.ts";
export { readIfThere, readJson, readJsonIfThere, readSmallFile } from "./small-files.ts";
export { kindOfFile, sourceKind } from "./told-kind.ts";
export { pickWeights } from "./weights.ts";
