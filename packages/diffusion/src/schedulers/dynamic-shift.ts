import { ArgumentError, shown } from "@drum/tensor";
import type { RunOptions } from "./run-options.ts";

export interface ShiftConfig {
	use_dynamic_shifting?: boolean | null | undefined;
	base_shift: number;
	max_shift: number;
	base_image_seq_len: number;
	max_image_seq_len: number;
}

/**
 * µ, as it is given, or on the line through (`base_image_seq_len`, `base_shift`) and (`max_image_seq_len`, `max_shift`).
 * @throws ArgumentError where neither it nor the picture's size is given.
 */
export function dynamicShift(config: ShiftConfig, { mu, imageSequenceLength }: RunOptions): number {
	if (mu !== undefined) return mu;
	if (!Number.isInteger(imageSequenceLength) || imageSequenceLength! < 1) {
		throw new ArgumentError({
			what: "imageSequenceLength",
			expected: "the number of patches in a picture, on which this schedule's shift depends",
			found: shown(imageSequenceLength),
		});
	}
	const { base_image_seq_len: base, max_image_seq_len: max, base_shift, max_shift } = config;
	const slope = (max_shift - base_shift) / (max - base);
	return imageSequenceLength! * slope + (base_shift - slope * base);
}
