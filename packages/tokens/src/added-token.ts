import * as z from "zod/mini";

/** A text without half a surrogate pair, which no file that transformers reads contains. */
export const wellFormed = z.string().check(z.refine((text) => text.isWellFormed(), { error: "whole characters" }));

const flag = z._default(z.boolean(), false);

/** An added token as transformers saves it. The tokenizer finds it in the text before it splits words. */
export const addedToken = z.object({
	content: wellFormed,
	/** Whether it is only found if the characters before and after it do not belong to a word. */
	single_word: flag,
	/** Whether it includes the spaces before it. */
	lstrip: flag,
	/** Whether it includes the spaces after it. */
	rstrip: flag,
	/** Whether it is searched for in normalised text. By default special tokens are not, and others are. */
	normalized: z.optional(z.boolean()),
	special: flag,
});

export type AddedToken = z.output<typeof addedToken>;

/** A token as only its text, or with its settings. */
export const savedToken = z.union([wellFormed, addedToken], { error: "a token" });

export type SavedToken = z.output<typeof savedToken>;

export function textOf(token: SavedToken): string {
	return typeof token === "string" ? token : token.content;
}

export function isNormalized({ normalized, special }: AddedToken): boolean {
	return normalized ?? !special;
}

/** Whether transformers considers two tokens equal. A text never equals a token with settings. */
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
