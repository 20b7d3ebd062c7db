// The module that opening a single file loads.
export { openFoundFile } from "./single-file.ts";
export { singleFileLayout } from "./single-file-source.ts";
