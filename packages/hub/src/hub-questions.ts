export { downloadFile, fileDownloadInfo, HubApiError, listFiles, modelInfo, repoExists } from "@huggingface/hub";

/** Whether files come through the hub's chunk store where it offers that. */
export const TAKES_CHUNKS = true;
