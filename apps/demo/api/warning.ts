import * as z from "zod";

/** Something that was cut, left out or replaced, where going on was right. */
export const Warning = z.object({
	/** Tells kinds of warnings apart: `prompt-cut`. */
	code: z.string(),
	/** What it is about: an option, a prompt, a part of the model. */
	what: z.string(),
	/** What happened, and what can be done. */
	message: z.string(),
});
export type Warning = z.infer<typeof Warning>;
