import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

/** As zod's own, with its English texts, which zod/mini leaves out. */
export function safeParse<T>(
	schema: z.ZodMiniType<T>,
	value: unknown,
): ReturnType<typeof z.safeParse<z.ZodMiniType<T>>> {
	return z.safeParse(schema, value, { error: en().localeError });
}
