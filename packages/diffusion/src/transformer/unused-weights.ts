import type { Weights } from "@drum/graph";
import { CheckpointError } from "@drum/tensor";

/**
 * A weight that the graph did not ask for means that the checkpoint is of another network, whose pictures would be wrong.
 * @throws CheckpointError that counts them and names one.
 */
export function refuseUnusedWeights(weights: Weights, name: string, kind: string): void {
	const unused = weights.unused();
	if (unused.length === 0) return;
	throw new CheckpointError({
		what: `weights of ${name}`,
		expected: "only those that config.json speaks of",
		found: `${unused.length} more, such as ${unused[0]}`,
		next: `This is another kind of ${kind}`,
	});
}
