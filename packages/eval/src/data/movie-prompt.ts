/** What a prompt is made of, in the paper's order (5.2): "title, genre, keyword, and description". */
export interface Movie {
	/** As a poster has it: see `plainTitle`. */
	readonly title: string;
	readonly genres: readonly string[];
	/** Most telling first. */
	readonly keywords: readonly string[];
	/** TMDB's overview; empty where there is none. */
	readonly overview: string;
}

/** As many as PMG, which the paper takes the data set from, gives of a movie; more would fill CLIP's 77 tokens. */
const MOST_KEYWORDS = 5;

/**
 * The paper names the four parts and no wording. Here they stand one after another with commas between, as prompts mostly do; what is
 * missing is left out. The description comes last, so that it is what an encoder's token limit cuts.
 */
export function moviePrompt({ title, genres, keywords, overview }: Movie): string {
	return [title, ...genres, ...keywords.slice(0, MOST_KEYWORDS), overview.trim()]
		.filter((part) => part !== "")
		.join(", ");
}

const YEAR = /\s*\(\d{4}(?:[-–]\d{0,4})?\)\s*$/;
const OTHER_TITLE = /\s+\([^()]*\)$/;
const ARTICLE_LAST = /^(.+), (The|An?|Les?|L[ao]s?|L'|El|Il|Das|Der|Die)$/;

/** MovieLens's "Postman, The (Postino, Il) (1994)" as "The Postman": without its year and other titles, and its article in front. */
export function plainTitle(title: string): string {
	let plain = title.replace(YEAR, "");
	while (OTHER_TITLE.test(plain)) plain = plain.replace(OTHER_TITLE, "");
	return plain.replace(ARTICLE_LAST, (_, rest: string, article: string) =>
		article.endsWith("'") ? article + rest : `${article} ${rest}`,
	);
}
