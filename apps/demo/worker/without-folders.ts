/** An absolute path of any system, up to what can be no part of one in a sentence. */
const PATH = /(?<![\p{L}\p{N}:/\\.])(?:[A-Za-z]:[\\/]|\\\\|\/)[^\s"'“”‘’`<>|,;:()[\]]*/gu;

/** A text for users: of absolute paths in it their last part alone, since where something lies on this machine is nobody's affair. */
export function withoutFolders(text: string): string {
	return text.replaceAll(PATH, (path) => path.split(/[\\/]/).findLast((part) => part !== "") ?? path);
}
