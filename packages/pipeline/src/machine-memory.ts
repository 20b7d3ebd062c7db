import { totalmem } from "node:os";

/**
 * The memory in bytes that this process may use: the machine's, or a container's limit. In a browser, the memory that it reports, at most
 * WebAssembly's 4 GiB.
 */
export function machineMemory(): number {
	const limit = process.constrainedMemory();
	return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
