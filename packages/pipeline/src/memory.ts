import { totalmem } from "node:os";
import { sizeOf } from "@drum/tensor";
import type { Checkpoint } from "@drum/tensor/node";

/** Part of the memory that weights may fill before they are loaded one model at a time. */
const SHARE = 0.75;
const FLOAT = 4;

/** Bytes of a checkpoint's weights as a CPU computes with them, in float32. */
function weightBytes(checkpoint: Checkpoint): number {
	let bytes = 0;
	for (const name of checkpoint.names()) bytes += sizeOf(checkpoint.get(name)!.dims) * FLOAT;
	return bytes;
}

/** Whether all of these together leave too little of this machine's memory. */
export function weighsTooMuch(checkpoints: readonly Checkpoint[]): boolean {
	const bytes = checkpoints.reduce((sum, checkpoint) => sum + weightBytes(checkpoint), 0);
	return bytes > SHARE * machineMemory();
}

/** What this process may use: the machine's memory, or a container's limit. */
function machineMemory(): number {
	const limit = process.constrainedMemory();
	return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
