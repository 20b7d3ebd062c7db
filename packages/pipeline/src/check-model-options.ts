import { ArgumentError, shown } from "@drum/tensor";
import { MODEL_OPTIONS } from "./check-options.ts";
import type { FoundationModel } from "./foundation-model.ts";
import type { GenerateOptions } from "./options.ts";

/**
 * Checks that the model takes the given options.
 * @throws ArgumentError that names the first option that it does not take
 */
export function checkModelOptions(options: GenerateOptions, { name, takes = [] }: FoundationModel): void {
	const odd = MODEL_OPTIONS.find((option) => options[option] !== undefined && !takes.includes(option));
	if (!odd) return;
	const next = `Leave it out: only other models take it. ${name} takes ${takes.join(", ") || "no such options"}`;
	throw new ArgumentError({ what: odd, expected: `none for ${name}`, found: shown(options[odd]), next });
}
