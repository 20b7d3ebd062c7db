import type { HistoryItem } from "@drum/peca";
import { ArgumentError, checkNames, DownloadError, namesOf, printable, sha256, shown } from "@drum/tensor";
import type { CaptionCache } from "./cache/caption-cache.ts";
import type { VisionEndpoint } from "./endpoint/vision-endpoint.ts";
import { type GivenPicture, givenPicture, type LikedPicture } from "./given-picture.ts";
import { promptText } from "./prompt-text.ts";

/** A user's visual preferences, as ViPer has them: attributes such as "teal", "flowing lines". */
export interface VisualPreferences {
	readonly liked: readonly string[];
	readonly disliked: readonly string[];
}

/** A picture, and what a person says of it: why they like it, or do not. */
export interface CommentedPicture {
	readonly image: LikedPicture;
	readonly comment: string;
}

/** As many as a model is asked about at once: its authors recommend 8 and more, and pictures are dear. */
const MOST_PICTURES = 20;

export interface VisualPreferencesOptions {
	/** Where answers are kept, by pictures, comments and model. Default nowhere. */
	cache?: CaptionCache | undefined;
	signal?: AbortSignal | undefined;
}

const OPTIONS = namesOf<VisualPreferencesOptions>({ cache: true, signal: true });

/**
 * What a person likes and dislikes in pictures, told by a vision-language model from their comments (ViPer, Salehi et al., ECCV 2024). The authors
 * trained a model of their own for it (`EPFL-VILAB/VPE-ViPer`); any that sees pictures is asked here.
 * @throws ArgumentError for pictures or comments that are none; FileError for a path that cannot be read; DownloadError where the model names
 * no attribute; what `endpoint` throws; the signal's reason.
 */
export async function visualPreferences(
	pictures: readonly CommentedPicture[],
	endpoint: Pick<VisionEndpoint, "name" | "ask">,
	options: VisualPreferencesOptions = {},
): Promise<VisualPreferences> {
	checkNames("visualPreferences", options, OPTIONS);
	const { cache, signal } = options;
	const commented = await readCommented(pictures);
	const hash = hashOf(commented);
	const kept = parsePreferences((await cache?.get(hash, endpoint.name)) ?? "");
	if (kept) return kept;
	const parts = [];
	for (const [i, { picture, text }] of commented.entries())
		parts.push(await picture.open(), `Comment ${i + 1}: ${text}`);
	const answer = await endpoint.ask([REQUEST, ...parts, FORM], { signal });
	const found = parsePreferences(answer);
	if (!found) {
		const expected = "lines “Liked: …” and “Disliked: …”";
		throw new DownloadError({ what: endpoint.name, expected, found: printable(answer, { most: 200 }) });
	}
	await cache?.set(hash, endpoint.name, answer);
	return found;
}

/**
 * The hash that pictures with their comments are known by in a cache.
 * @throws ArgumentError, FileError as `visualPreferences`.
 */
export async function commentsHash(pictures: readonly CommentedPicture[]): Promise<string> {
	return hashOf(await readCommented(pictures));
}

interface Commented {
	readonly picture: GivenPicture;
	readonly text: string;
}

function hashOf(commented: readonly Commented[]): string {
	return sha256(JSON.stringify(commented.map(({ picture, text }) => [picture.hash, text])));
}

async function readCommented(pictures: readonly CommentedPicture[]): Promise<Commented[]> {
	if (!Array.isArray(pictures) || pictures.length === 0 || pictures.length > MOST_PICTURES) {
		const found = Array.isArray(pictures) ? String(pictures.length) : shown(pictures);
		throw new ArgumentError({ what: "pictures", expected: `1 to ${MOST_PICTURES} with comments`, found });
	}
	const commented = [];
	for (const [i, { image, comment }] of pictures.entries()) {
		const text = typeof comment === "string" ? promptText(comment).prompt : "";
		if (text === "")
			throw new ArgumentError({ what: `comment of picture ${i}`, expected: "words", found: shown(comment) });
		commented.push({ picture: await givenPicture(image, `picture ${i}`), text });
	}
	return commented;
}

/** The same task as the authors', in words of our own. */
const REQUEST = [
	"Below are pictures, each followed by a person's comment on it. From both, work out which artistic features this person likes and which they",
	"dislike: colours, style, composition, mood, medium, texture, brushwork, light, shadow, perspective. Leave out what the pictures are of.",
	"Where a comment praises or rejects something without naming it, such as “the colours”, name what is seen in the picture.",
].join(" ");

/** How an answer is to look, for `parsePreferences`. */
export const FORM =
	"Answer with two lines and nothing else, keywords separated by commas:\nLiked: keyword, keyword\nDisliked: keyword, keyword";

/** Attributes of an answer; one that is both liked and disliked is neither, as with the authors. Undefined where there are none. */
export function parsePreferences(answer: string): VisualPreferences | undefined {
	const [liked, disliked] = ["liked", "disliked"].map((name) => attributesOf(answer, name)) as [string[], string[]];
	const both = new Set(liked.map(keyOf).filter((each) => disliked.map(keyOf).includes(each)));
	const only = (list: readonly string[]) => list.filter((each) => !both.has(keyOf(each)));
	const preferences = { liked: only(liked), disliked: only(disliked) };
	return preferences.liked.length + preferences.disliked.length > 0 ? preferences : undefined;
}

function attributesOf(answer: string, name: string): string[] {
	// Models like to set names in bold, and to write each keyword on a line.
	const line = new RegExp(
		`^[\\s*#_]*${name}\\b[^:\\n]*:([\\s\\S]*?)(?=^[\\s*#_]*(?:dis)?liked\\b[^:\\n]*:|$(?![\\s\\S]))`,
		"im",
	);
	const words = (line.exec(answer)?.[1] ?? "")
		.split(/[,;\n]/)
		.map((each) => each.replace(/^[\s*•\-–_]+|[\s*_.]+$/g, ""));
	const named = words
		.map((each) => promptText(each).prompt)
		.filter((each) => each !== "" && !/^(none|n\/a)$/i.test(each));
	return [...new Map(named.map((each) => [keyOf(each), each])).values()].slice(0, MOST_ATTRIBUTES);
}

/** More do not fit into a prompt's tokens. */
const MOST_ATTRIBUTES = 40;

function keyOf(attribute: string): string {
	return attribute.toLowerCase();
}

/** Preferences as a history: a liked attribute is a prompt of intensity 1, a disliked one of −1. Show them to the user before. */
export function preferenceHistory({ liked, disliked }: VisualPreferences): HistoryItem[] {
	return [
		...liked.map((prompt) => ({ prompt, intensity: 1 })),
		...disliked.map((prompt) => ({ prompt, intensity: -1 })),
	];
}
