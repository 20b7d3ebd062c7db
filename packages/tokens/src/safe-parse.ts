import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

/** Like zod's `safeParse`, with its English messages, which zod/mini leaves out. */
export function safeParse<T>(
	schema: z.ZodMiniType<T>,
	value: unknown,
): ReturnType<typeof z.safeParse<z.ZodMiniType<T>>> {
	return z.safeParse(schema, value, { error: en().localeError });
}
