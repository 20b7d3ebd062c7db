/**
 * Whether `path` names something inside of the folder it is relative to, under the rules of POSIX and of Windows: no
 * `..`, no absolute path, no drive. Paths from a hub's list or a checkpoint's index are joined onto folders of ours.
 */
export function isInside(path: string): boolean {
	const parts = path.replaceAll("\\", "/").split("/");
	return parts.every((part) => !["", ".", ".."].includes(part) && !/^[a-z]:|\0/i.test(part));
}
