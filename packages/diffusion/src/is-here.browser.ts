/** A browser has no paths. */
export function isHere(): boolean {
	return false;
}
