/**
 * Whether a relative `path` stays inside its folder, by the rules of POSIX and Windows: no `..`, no absolute path, no drive. Paths from a
 * hub's list or a checkpoint's index must pass this before they are joined to a local folder.
 */
export function isInside(path: string): boolean {
	const parts = path.replaceAll("\\", "/").split("/");
	return parts.every((part) => !["", ".", ".."].includes(part) && !/^[a-z]:|\0/i.test(part));
}
