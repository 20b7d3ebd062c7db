import { CheckpointError, shown } from "@drum/tensor";
import type { z } from "zod";

/**
 * Checks what a checkpoint's file holds.
 * @throws CheckpointError naming the field that does not fit, and what it holds.
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const { path = [], message = "" } = parsed.error.issues[0] ?? {};
	let found = value;
	for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key];
	throw new CheckpointError({
		what: `${path.length > 0 ? `${shown(path.join(".")).slice(1, -1)} of ` : ""}${what}`,
		expected: message,
		found: shown(found),
	});
}
