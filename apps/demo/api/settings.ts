import * as z from "zod";

/** What whoever runs the service lets a user do. */
export const Settings = z.object({
	/** What one job may ask for, in pictures of the model's own size and steps: width × height × steps × alphas. */
	jobPictures: z.number(),
	/** Jobs of a user that have not ended. */
	jobs: z.int(),
	histories: z.int(),
	/** Entries of one history. */
	entries: z.int(),
	/** Whether pictures are described whose files tell no prompt. */
	captions: z.boolean(),
	/** Bytes of what a user keeps, histories, profiles and pictures together: how many there may be, and are. */
	storage: z.object({ most: z.int(), used: z.int() }),
	/** Days after which jobs that have ended are deleted with their pictures; none where they are kept. */
	keptDays: z.int().optional(),
});
export type Settings = z.infer<typeof Settings>;
