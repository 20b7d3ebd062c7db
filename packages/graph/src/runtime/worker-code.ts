/**
 * What the worker thread runs. From the sources it is a file; in the package the build puts the code itself here
 * (tsup.config.ts), so that no bundler, archive or copy of a folder can leave the file behind.
 */
export const WORKER: { file: URL } | { code: string } = { file: new URL("./session-worker.ts", import.meta.url) };
