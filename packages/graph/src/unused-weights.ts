import { shownNames, type Warning } from "@drum/tensor";

/** Buffers that PyTorch's modules write to a file and that no model computes with. */
const BUFFERS = /(^|\.)(position_ids|num_batches_tracked)$/;

/** The warning that a network left these of its checkpoint's tensors unused; `name` is the checkpoint's. None where there are none. */
export function unusedWeights(unused: Iterable<string>, name: string): readonly Warning[] {
	const tensors = [...unused].filter((tensor) => !BUFFERS.test(tensor));
	if (tensors.length === 0) return [];
	const counted = tensors.length === 1 ? "1 tensor was" : `${tensors.length} tensors were`;
	return [
		{
			code: "weights-unused",
			what: `weights of ${name}`,
			message:
				`${counted} not used, as config.json does not speak of ${tensors.length === 1 ? "it" : "them"}: ${shownNames(tensors)}. ` +
				"Check that the weights and config.json belong together",
		},
	];
}
