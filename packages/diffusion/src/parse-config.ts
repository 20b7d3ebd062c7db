import { CheckpointError, shown } from "@drum/tensor";
import type * as z from "zod/mini";
import { safeParse } from "./safe-parse.ts";

/**
 * Checks a `config.json`.
 * @param kind what it must be, for the message
 * @throws CheckpointError that names the first field which does not fit, and what stands there.
 */
export function parseConfig<T>(schema: z.ZodMiniType<T>, json: unknown, name: string, kind: string): T {
	const { data, error } = safeParse(schema, json);
	if (!error) return data;
	const [issue] = error.issues;
	const path = issue?.path ?? [];
	const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], json);
	throw new CheckpointError({
		what: `${path.join(".") || "the whole"} of ${name}`,
		expected: (issue?.message ?? kind).replace(/^.*expected /, ""),
		found: shown(found),
		next: `It must be ${kind}`,
		cause: error,
	});
}
