import { ArgumentError, type TextEncoder } from "@drum/tensor";

/**
 * Refuses an encoder whose prompts have different numbers of rows. Adapters and these pipelines treat all rows of a condition as the prompt's.
 * @throws ArgumentError for an encoder that `hasLengths`
 */
export function refuseLengths({ name, hasLengths }: Pick<TextEncoder, "name" | "hasLengths">): void {
	if (!hasLengths) return;
	throw new ArgumentError({
		what: `the text encoder ${name}`,
		expected: "one that gives every prompt the same number of rows",
		found: "one that gives each prompt as many rows as it has tokens",
		next: "There are no adapters and no pipelines for such encoders yet",
	});
}
