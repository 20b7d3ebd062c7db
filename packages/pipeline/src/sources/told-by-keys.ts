import type { DenoiserPart } from "@drum/formats";

/** Scheduler settings from the names of empty tensors, by which files say that a model predicts v. */
export function toldByKeys({ predictionType, zeroTerminalSnr }: DenoiserPart): Record<string, unknown> {
	return {
		...(predictionType && { prediction_type: predictionType }),
		...(zeroTerminalSnr && { rescale_betas_zero_snr: true }),
	};
}
