import { statSync } from "node:fs";

/** Whether something lies at the path. A relative folder or file looks as a hub id does, and is what would be opened. */
export function isHere(path: string): boolean {
	try {
		return statSync(path, { throwIfNoEntry: false }) !== undefined;
	} catch {
		return false;
	}
}
