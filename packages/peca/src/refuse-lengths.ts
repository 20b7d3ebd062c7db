import { ArgumentError, type TextEncoder } from "@drum/tensor";

/**
 * For what takes all rows of a condition for a prompt's.
 * @throws ArgumentError for an encoder whose prompts have lengths of their own.
 */
export function refuseLengths({ name, hasLengths }: Pick<TextEncoder, "name" | "hasLengths">): void {
	if (!hasLengths) return;
	throw new ArgumentError({
		what: `the text encoder ${name}`,
		expected: "one whose prompts all have as many rows",
		found: "one whose prompts have lengths of their own",
		next: "There are no adapters and no pipelines for such encoders yet",
	});
}
