import words from "../words.json" with { type: "json" };
import { type Scene, VALUES } from "./scene.ts";

type Named = Pick<Scene, "subject" | "colour" | "style"> & { pattern?: Scene["pattern"] };

const PATTERNS = VALUES.pattern.filter((pattern) => pattern !== "plain");

/** By which a colour and a style are known: unlike enough that one of them is near to whatever is there. */
const SUBJECTS = ["circle", "star", "house", "flower"] as const satisfies Scene["subject"][];

/**
 * Captions for a model such as CLIP to choose from, coarse ones first: of a few things in each colour and style; with the one that was chosen,
 * of each subject in it; with one of these, the same with each pattern; then none. CLIP tells colours and styles best, so they come first.
 */
export function captionCandidates(chosen?: string): readonly string[] {
	if (chosen === undefined) return COARSE;
	const found = SCENES.get(chosen);
	if (!found || found.pattern) return [];
	const { colour, style } = found;
	const others = COARSE.includes(chosen) ? VALUES.subject.map((subject) => sentence({ subject, colour, style })) : [];
	return [...others, ...PATTERNS.map((pattern) => sentence({ ...found, pattern }))];
}

const COARSE: readonly string[] = VALUES.style.flatMap((style) =>
	VALUES.colour.flatMap((colour) => SUBJECTS.map((subject) => sentence({ subject, colour, style }))),
);

function sentence({ subject, colour, style, pattern }: Named): string {
	const adjective = pattern ? `${words.patterns[pattern].adjective[0]} ` : "";
	const rest = `${adjective}${colour} ${subject}, ${words.styles[style].after[0]}`;
	return `${/^[aeiou]/.test(rest) ? "an" : "a"} ${rest}`;
}

/** What each caption says. */
const SCENES = new Map(
	VALUES.style.flatMap((style) =>
		VALUES.colour.flatMap((colour) =>
			VALUES.subject.flatMap((subject) =>
				[undefined, ...PATTERNS].map((pattern) => {
					const named = { subject, colour, style, ...(pattern && { pattern }) };
					return [sentence(named), named] as const;
				}),
			),
		),
	),
);
