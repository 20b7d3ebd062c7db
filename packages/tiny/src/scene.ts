import words from "../words.json" with { type: "json" };

type Words = typeof words;

/** What a picture is made of, each as its name in words.json. */
export interface Scene {
	subject: keyof Words["subjects"];
	/** How many, "1" to "4". */
	count: keyof Words["counts"];
	colour: keyof Words["colours"];
	pattern: keyof Words["patterns"];
	style: keyof Words["styles"];
	/** The ground's colour. */
	ground: keyof Words["colours"];
	size: keyof Words["sizes"];
	position: keyof Words["positions"];
}

export type Attribute = keyof Scene;

/** What a caption says of a scene. The subject is always said; the count is "1" where it is not. */
export type Told = Pick<Scene, "subject"> & { [A in Attribute]?: Scene[A] | undefined };

/** In the order in which they are drawn and told. */
export const ATTRIBUTES = [
	"subject",
	"count",
	"colour",
	"pattern",
	"style",
	"ground",
	"size",
	"position",
] as const satisfies Attribute[];

const names = <T extends object>(entries: T) => Object.keys(entries) as (keyof T)[];

/** Each attribute's values. */
export const VALUES: { readonly [A in Attribute]: readonly Scene[A][] } = {
	subject: names(words.subjects),
	count: names(words.counts),
	colour: names(words.colours),
	pattern: names(words.patterns),
	style: names(words.styles),
	ground: names(words.colours),
	size: names(words.sizes),
	position: names(words.positions),
};
