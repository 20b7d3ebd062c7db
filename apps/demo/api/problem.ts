import { z } from "zod";

/** What every refused request is answered with, as `application/problem+json` (RFC 9457). */
export const Problem = z.object({
	/** A URN that tells kinds of problems apart: `urn:drum:problem:queue-full`. */
	type: z.string(),
	title: z.string(),
	status: z.int(),
	/** What was expected, what was found, how to mend it. */
	detail: z.string().optional(),
	/** The fields that are wrong, each by its JSON pointer in the body, or its name in the query. */
	errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
