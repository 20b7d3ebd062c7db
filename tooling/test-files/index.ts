export { folderOf } from "./temporary-folder.ts";
