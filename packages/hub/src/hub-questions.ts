export { downloadFile, fileDownloadInfo, HubApiError, listFiles, modelInfo, repoExists } from "@huggingface/hub";

/** Whether files are downloaded through the hub's chunk store, if it offers that. */
export const TAKES_CHUNKS = true;
