import { CheckpointError, shown } from "@drum/tensor";
import type * as z from "zod/mini";
import { safeParse } from "./safe-parse.ts";

/**
 * Checks what a checkpoint's file holds.
 * @param what the file, for the message
 * @param next what to do where it does not fit
 * @throws CheckpointError naming the field that does not fit, and what it holds.
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
 * Checks `tokenizer.json`, of which each part but the model must be of a known form: a file's own patterns are never run.
 * @param kind whose form that is, for the message: `CLIP`
 * @param instead the files that serve where it is of another form
 * @throws CheckpointError naming the part that is of another form, or the field of the model that does not fit.
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
			expected: `that of ${kind}'s tokenizer`,
			found: shown(found),
			next: `A file's own patterns are not run: take a folder with ${instead}, or ${kind}'s tokenizer.json`,
		});
	}
	return check(schema, json, what);
}
