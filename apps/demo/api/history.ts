import * as z from "zod";
import { MOST_ENTRIES } from "./limits.ts";
import { Warning } from "./warning.ts";

/** Text that the database can hold: no NUL, no half of a surrogate pair. */
export const Text = z
	.string()
	.refine((text) => text.isWellFormed() && !text.includes("\0"), "expected text without NUL and lone surrogates");

const MOST_LETTERS = 2000;
export const Prompt = Text.trim()
	.min(1, "expected a prompt, found an empty one")
	.max(MOST_LETTERS, {
		error: ({ input }) => `expected a prompt of at most ${MOST_LETTERS} characters, found ${String(input).length}`,
	});
/** How much it was liked, or below 0 disliked: any number, only ratios among likes and among dislikes count. */
const Intensity = z
	.number()
	.min(-1e6, "expected an intensity from −1,000,000")
	.max(1e6, "expected an intensity up to 1,000,000");

/** When a prompt was asked for, which a half-life needs. */
const At = z.iso.datetime({ offset: true, error: "expected a time as ISO 8601, such as 2026-03-01T18:30:00Z" });

export const Item = z.strictObject({ prompt: Prompt, intensity: Intensity.default(1), at: At.optional() });
export type Item = z.infer<typeof Item>;

/** An earlier prompt of the user. */
export const Entry = z.object({
	id: z.uuid(),
	prompt: z.string(),
	intensity: z.number(),
	at: z.iso.datetime().optional(),
});
export type Entry = z.infer<typeof Entry>;

export const HistorySummary = z.object({
	id: z.uuid(),
	name: z.string(),
	/** How many entries it has. */
	count: z.int(),
	updatedAt: z.iso.datetime(),
});
export type HistorySummary = z.infer<typeof HistorySummary>;

/** Entries oldest first. */
export const History = HistorySummary.extend({ entries: z.array(Entry) });
export type History = z.infer<typeof History>;

const Name = Text.trim().min(1).max(100);
export const NewHistory = z.strictObject({ name: Name, items: z.array(Item).max(MOST_ENTRIES).default([]) });
export type NewHistory = z.input<typeof NewHistory>;
export const HistoryChange = z.strictObject({ name: Name });
export const NewEntries = z.strictObject({ items: z.array(Item).min(1).max(MOST_ENTRIES) });
export const EntryChange = z
	.strictObject({ prompt: Prompt.optional(), intensity: Intensity.optional() })
	.refine((change) => Object.keys(change).length > 0, "nothing to change");

/** Entries just added, oldest first, and of a file what was passed over. */
export const AddedEntries = z.object({ entries: z.array(Entry), warnings: z.array(Warning) });
export type AddedEntries = z.infer<typeof AddedEntries>;

/** A made-up user, whose history can be taken as one's own. */
export const Sample = z.object({
	id: z.string(),
	name: z.string(),
	description: z.string(),
	items: z.array(z.object({ prompt: z.string(), intensity: z.number() })),
	/** What shows the taste at first sight, drawn with the model that comes with the project. */
	example: z.object({ prompt: z.string(), seed: z.int(), alpha: z.number() }),
});
export type Sample = z.infer<typeof Sample>;

/** Entries nearest to one, by the cosine of their text features. */
export const SimilarEntries = z.array(z.object({ entry: Entry, similarity: z.number() }));
export type SimilarEntries = z.infer<typeof SimilarEntries>;
