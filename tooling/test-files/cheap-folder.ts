import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** For the databases of all tests that run at once. */
const ROOM = 2 ** 31;

/**
 * Where tests put databases: in memory, on Linux. A database is hundreds of small files, and to make them takes a twentieth of the
 * processor's time that it takes on a disk.
 */
export const CHEAP_FOLDER: string = isRoomy("/dev/shm") ? "/dev/shm" : tmpdir();

function isRoomy(folder: string): boolean {
	try {
		accessSync(folder, constants.W_OK);
		const { bavail, bsize } = statfsSync(folder);
		return bavail * bsize >= ROOM;
	} catch {
		return false;
	}
}
