import * as z from "zod";

/** Bytes of a picture that is to be described. */
export const MOST_LIKED_PICTURE = 8 * 2 ** 20;

/** A prompt for a liked picture. It counts when it is added to a history, as it is or changed; of the picture nothing is kept. */
export const Caption = z.object({
	prompt: z.string(),
	/** What wrote it: the program that drew the picture, or the model that describes it. */
	from: z.string(),
});
export type Caption = z.infer<typeof Caption>;
