import type { DenoiserPart } from "@drum/formats";

/** As files of models that predict v say it by the names of empty tensors. */
export function toldByKeys({ predictionType, zeroTerminalSnr }: DenoiserPart): Record<string, unknown> {
	return {
		...(predictionType && { prediction_type: predictionType }),
		...(zeroTerminalSnr && { rescale_betas_zero_snr: true }),
	};
}
