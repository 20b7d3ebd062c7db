import { CheckpointError, shown } from "@drum/tensor";
import type * as z from "zod";

/** The first thing a schema has against a `config.json`, as an error that names the field and what stands there. */
export function configError(error: z.ZodError, json: unknown, name: string, kind: string): CheckpointError {
	const [issue] = error.issues;
	const path = issue?.path ?? [];
	const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], json);
	return new CheckpointError({
		what: `${path.join(".") || "the whole"} of ${name}`,
		expected: (issue?.message ?? kind).replace(/^.*expected /, ""),
		found: shown(found),
		next: `It must be ${kind}`,
		cause: error,
	});
}
