import { CheckpointError, shown } from "@drum/tensor";
import type * as z from "zod/mini";
import { safeParse } from "./safe-parse.ts";

/**
 * Checks the contents of a checkpoint's file.
 * @param what the file, for the message
 * @param next what to do if it is wrong
 * @throws CheckpointError that names the first wrong field and its value
 */
export function check<T>(schema: z.ZodMiniType<T>, value: unknown, what: string, next?: string): T {
	const parsed = safeParse(schema, value);
	if (parsed.success) return parsed.data;
	const { path = [], message = "" } = parsed.error.issues[0] ?? {};
	const found = path.reduce<unknown>(
		(at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key],
		value,
	);
	throw new CheckpointError({
		what: `${path.length > 0 ? shown(path.join(".")).slice(1, -1) : "the whole"} of ${what}`,
		expected: message.replace(/^[A-Z][a-z ]*: expected /, "").replace(/, received \w+$/, ""),
		found: shown(found),
		...(next && { next }),
		cause: parsed.error,
	});
}

/**
 * Checks `tokenizer.json`. Each part except the model must have a known form, because patterns from a file are never run.
 * @param kind the tokenizer with that form, for the message, such as `CLIP`
 * @param instead the files to use if the form is not known
 * @throws CheckpointError that names the part with an unknown form, or the wrong field of the model
 */
export function checkForm<T>(
	schema: z.ZodMiniType<T> & { readonly shape: Readonly<Record<string, z.ZodMiniType>> },
	json: unknown,
	what: string,
	kind: string,
	instead: string,
): T {
	for (const [name, part] of Object.entries(schema.shape)) {
		const found = (json as Record<string, unknown> | null)?.[name];
		if (name === "model" || part.safeParse(found).success) continue;
		throw new CheckpointError({
			what: `${name} of ${what}`,
			expected: `the same as in ${kind}'s tokenizer`,
			found: shown(found),
			next: `Patterns from a file are not run. Use a folder with ${instead}, or ${kind}'s tokenizer.json`,
		});
	}
	return check(schema, json, what);
}
