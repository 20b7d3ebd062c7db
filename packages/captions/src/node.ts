export { FolderCaptionCache } from "./cache/folder-caption-cache.ts";
