import * as z from "zod";

/** What every refused request is answered with, as `application/problem+json` (RFC 9457). */
export const Problem = z.object({
	/** A URN that tells kinds of problems apart: `urn:drum:problem:queue-full`. */
	type: z.string(),
	title: z.string(),
	status: z.int(),
	/** What was expected, what was found, how to mend it. */
	detail: z.string().optional(),
	/** What is wrong, each by its JSON pointer in the body, its name in the query, or its line in a file; all of the body where it is empty. */
	errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
