/**
 * Whether `path` names something inside of the folder it is relative to, on every platform: no `..`, no absolute path,
 * no drive, no backslash. Paths from a hub's list or from a checkpoint's index are joined onto folders of ours.
 */
export function isInside(path: string): boolean {
	const parts = path.split("/");
	return !/[\\:\0]/.test(path) && parts.every((part) => part !== "" && part !== "." && part !== "..");
}
