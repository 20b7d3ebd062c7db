import * as z from "zod";

/** A prompt of the coreset: of what is liked, or, by an intensity below 0, of what is disliked, which has a coreset of its own. */
export const Pick = z.object({
	entryId: z.uuid(),
	prompt: z.string(),
	intensity: z.number(),
	/** From 0, in the order taken on its side. */
	rank: z.int(),
	/** Its share of the guidance on its side, p / Σp (Eq. 2). */
	weight: z.number(),
	/**
	 * D of Algorithm 1 when it was taken: for the first the mean similarity to the k drawn, then the smallest of that and of its
	 * similarities to those taken before; all times its intensity, as an amount.
	 */
	score: z.number(),
	/** The pick taken before that gave `score`; none for the first, and while the first mean is smaller still. */
	nearestBefore: z.uuid().optional(),
	/** How many prompts of its side of the history are nearer to it than to any other pick, itself among them. */
	standsFor: z.int(),
});
export type Pick = z.infer<typeof Pick>;

/** A history's prompt on the map: its text feature on the two directions in which the history differs most. */
export const MapPoint = z.object({
	entryId: z.uuid(),
	prompt: z.string(),
	intensity: z.number(),
	x: z.number(),
	y: z.number(),
	/** The pick that stands for it. */
	pick: z.uuid(),
});
export type MapPoint = z.infer<typeof MapPoint>;

/** A history reduced by coreset sampling, and why. */
export const ProfileView = z.object({
	id: z.uuid(),
	historyId: z.uuid(),
	model: z.string(),
	/** False when the history has changed since. */
	current: z.boolean(),
	picks: z.array(Pick),
	map: z.array(MapPoint),
	/** Shares of the variance that x and y show. */
	variance: z.tuple([z.number(), z.number()]),
	createdAt: z.iso.datetime(),
});
export type ProfileView = z.infer<typeof ProfileView>;
