import { check } from "@drum/tokens";
import type * as z from "zod/mini";

/**
 * Checks a `config.json`, or another of a checkpoint's settings.
 * @param kind what it must be, for the message
 * @throws CheckpointError that names the first field which does not fit, and what stands there.
 */
export function parseConfig<T>(schema: z.ZodMiniType<T>, json: unknown, name: string, kind: string): T {
	return check(schema, json, name, `It must be ${kind}`);
}
