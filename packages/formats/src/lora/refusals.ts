import { CheckpointError } from "@drum/tensor";
import { weightsKind } from "../kinds/weights-kind.ts";
import { areOther, type Families } from "./families.ts";
import type { LoraFile } from "./model.ts";

export function otherFamily(what: string, { found, expected }: Families, cause?: unknown): CheckpointError {
	return new CheckpointError({
		what,
		expected: `a LoRA for ${expected ?? "this model"}`,
		found: `one for ${found}`,
		next: "Use it with a model of that family",
		cause,
	});
}

/** The error for a file without any tensor of a LoRA. */
export function noLora(file: LoraFile): CheckpointError {
	const [first] = file.names();
	const kind = weightsKind(file, file.metadata);
	return new CheckpointError({
		what: file.name,
		expected: "tensors of a LoRA",
		found: kind?.is ?? first ?? "none",
		...(kind && { next: kind.next }),
	});
}

/** The error for a LoRA that changes none of the model's layers. */
export function noLayer(file: LoraFile, tensor: string, families: Families): CheckpointError {
	const what = `${file.name}, tensor ${tensor}`;
	if (areOther(families)) return otherFamily(what, families);
	const said = file.metadata["modelspec.architecture"] ?? file.metadata.ss_base_model_version;
	return new CheckpointError({
		what,
		expected: "the name of one of the model's layers",
		found: said === undefined ? "none of it" : `none of it, and metadata that says ${said}`,
		next: "Use a LoRA for this model's family",
	});
}

export function twice(file: LoraFile, one: string, other: string, of: string): CheckpointError {
	return new CheckpointError({
		what: `${file.name}, ${one}`,
		expected: "each layer once",
		found: `${of} by ${other} too`,
		next: "Keep only the tensors of one of the two names",
	});
}

export function otherMethod(file: LoraFile, tensor: string, method: string): CheckpointError {
	return new CheckpointError({
		what: `${file.name}, tensor ${tensor}`,
		expected: "a LoRA or a LoKr",
		found: `a ${method}`,
		next: `Merge it into its model with the program that made it: ${method} is not supported`,
	});
}
