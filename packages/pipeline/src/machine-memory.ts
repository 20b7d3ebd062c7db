import { totalmem } from "node:os";

/** What this process may use, in bytes: the machine's memory, or a container's limit; of a browser's page what it says and can use. */
export function machineMemory(): number {
	const limit = process.constrainedMemory();
	return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
