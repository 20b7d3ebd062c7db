import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { FileError } from "./errors.ts";

/** A snapshot in a hub's cache, whose files are links to the repository's blobs. */
const SNAPSHOT = /^(.*[/\\](?:models|datasets|spaces)--[^/\\]+)[/\\]snapshots[/\\][^/\\]+(?=[/\\]|$)/;

/**
 * Refuses a file that a link takes out of its folder, since whoever made the folder chose where it leads: a checkpoint must not
 * show what else lies on the machine. A snapshot of a hub's cache may also link to the cache's blobs of that repository.
 * @param folder as it was named; it may be a link itself
 * @param path of the file, relative to it
 * @throws FileError where the file is elsewhere, or cannot be found
 */
export async function checkInside(folder: string, path: string): Promise<void> {
	const named = join(folder, path);
	let root: string;
	let real: string;
	try {
		[root, real] = [await realpath(folder), await realpath(named)];
	} catch (cause) {
		const found = (cause as Error).message;
		throw new FileError({ what: named, expected: "a file that can be read", found, cause });
	}
	const [snapshot, repository] = SNAPSHOT.exec(root) ?? [];
	const places = snapshot === undefined ? [root] : [snapshot, join(repository!, "blobs")];
	if (places.some((place) => real.startsWith(place.endsWith(sep) ? place : place + sep))) return;
	throw new FileError({
		what: named,
		expected: "a file of that folder",
		found: `a link to ${real}`,
		next: "If you trust the folder, put a copy of the file in the link's place",
	});
}
