import * as z from "zod";
import { Text } from "./history.ts";

/** The short id of a named profile, by which it can be shared: 10 digits and letters that are not mistaken for each other. */
export const ProfileCode = z
	.string()
	.regex(/^[0-9a-hjkmnp-tv-z]{10}$/, "expected a named profile's id, of 10 characters");

const Name = Text.trim().min(1).max(100);
/** A history, and how much its profile counts in the blend. */
const Part = z.strictObject({ historyId: z.uuid(), weight: z.number().gt(0).max(1000).default(1) });

/** A user's taste under a name: one history's profile, or a blend of several. */
export const NewNamedProfile = z.strictObject({
	name: Name,
	parts: z
		.array(Part)
		.min(1)
		.max(8)
		.refine((parts) => new Set(parts.map(({ historyId }) => historyId)).size === parts.length, "each history once"),
	/** Whether others may draw in its taste by its id; they do not see its prompts. */
	shared: z.boolean().default(false),
});
export type NewNamedProfile = z.input<typeof NewNamedProfile>;

export const NamedProfileChange = z
	.strictObject({ name: Name.optional(), shared: z.boolean().optional() })
	.refine((change) => Object.keys(change).length > 0, "nothing to change");
export type NamedProfileChange = z.infer<typeof NamedProfileChange>;

export const NamedProfile = z.object({
	id: ProfileCode,
	name: z.string(),
	parts: z.array(z.object({ historyId: z.uuid(), weight: z.number() })),
	shared: z.boolean(),
	createdAt: z.iso.datetime(),
});
export type NamedProfile = z.infer<typeof NamedProfile>;
