import * as z from "zod/mini";

/** A text of whole characters: half a surrogate pair is in no file that transformers reads. */
export const wellFormed = z.string().check(z.refine((text) => text.isWellFormed(), { error: "whole characters" }));

const flag = z._default(z.boolean(), false);

/** A token that stands for itself, before words are split, as transformers saves it. */
export const addedToken = z.object({
	content: wellFormed,
	/** Whether it counts only where no word goes on before or behind it. */
	single_word: flag,
	/** Whether it takes the spaces before it. */
	lstrip: flag,
	/** Whether it takes the spaces behind it. */
	rstrip: flag,
	/** Whether it is looked for in normalised text; where a file does not say, what is special is not. */
	normalized: z.optional(z.boolean()),
	special: flag,
});

export type AddedToken = z.output<typeof addedToken>;

/** A token by its text alone, or with its settings. */
export const savedToken = z.union([wellFormed, addedToken], { error: "a token" });

export type SavedToken = z.output<typeof savedToken>;

export function textOf(token: SavedToken): string {
	return typeof token === "string" ? token : token.content;
}

export function isNormalized({ normalized, special }: AddedToken): boolean {
	return normalized ?? !special;
}

/** Whether two are one to transformers: a text alone never equals a token with settings. */
export function sameToken(a: SavedToken, b: SavedToken): boolean {
	if (typeof a === "string" || typeof b === "string") return a === b;
	return (
		a.content === b.content &&
		a.single_word === b.single_word &&
		a.lstrip === b.lstrip &&
		a.rstrip === b.rstrip &&
		a.special === b.special &&
		isNormalized(a) === isNormalized(b)
	);
}
