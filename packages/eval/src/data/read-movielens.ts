import { checkNames, FileError } from "@drum/tensor";
import { type EvaluationUser, type LeaveOutOptions, splitNewest } from "./evaluation-user.ts";
import { moviePrompt, plainTitle } from "./movie-prompt.ts";
import { type MovieLensTables, movieLensTables, type Rating } from "./movielens-tables.ts";
import type { MovieDetails, TMDBClient } from "./tmdb-client.ts";

/** How much a MovieLens folder holds: rows of its files, and users who rated. */
export interface MovieLensCounts {
	readonly users: number;
	readonly ratings: number;
	readonly movies: number;
	readonly tags: number;
	readonly links: number;
}

export interface MovieLensOptions extends LeaveOutOptions {
	/** Brings keywords and descriptions, as in the paper. Default none: prompts are made of MovieLens's own files. */
	readonly tmdb?: Pick<TMDBClient, "movies"> | undefined;
	/** What the folder must hold; default all counts of the latest-small that the paper uses. */
	readonly counts?: Partial<MovieLensCounts>;
	readonly signal?: AbortSignal | undefined;
	/** Called as movies are brought from TMDB. */
	readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const LATEST_SMALL: MovieLensCounts = { users: 610, ratings: 100_836, movies: 9742, tags: 3683, links: 9742 };
const HIGHEST_RATING = 5;

/**
 * The users of MovieLens latest-small, by id: each rating is an entry, oldest first. What the paper leaves open is decided so:
 * - Of ratings in the same second, of which there are many, the one of the higher movie id is the newer, as in the file's order.
 * - Every rating is kept, low ones too: as an intensity it is divided by 5, which leaves guidance as it is and keeps scores within 100.
 * - Keywords are TMDB's; without TMDB, or where it knows none, they are the tags that MovieLens's users gave the movie, most given
 *   first. Title and description are TMDB's; without it the title is MovieLens's and there is no description.
 * @throws FileError naming what is missing, malformed or of another number than expected; what `TMDBClient.movies` throws.
 */
export async function readMovieLens(folder: string, options: MovieLensOptions = {}): Promise<EvaluationUser[]> {
	checkNames("readMovieLens", options, ["tmdb", "counts", "signal", "onProgress"]);
	const tables = await movieLensTables(folder);
	const users = Map.groupBy(tables.ratings, ({ user }) => user);
	checkCounts(folder, { ...tables.counts, users: users.size }, options.counts ?? LATEST_SMALL);
	const prompts = await moviePrompts(folder, tables, options);
	return [...users]
		.sort(([a], [b]) => a - b)
		.flatMap(([user, ratings]) => {
			const entries = ratings
				.toSorted((a, b) => a.timestamp - b.timestamp)
				.map(({ movie, rating }) => ({ prompt: prompts.get(movie)!, intensity: rating / HIGHEST_RATING }));
			return splitNewest(String(user), entries, `user ${user} of ${folder}`, options) ?? [];
		});
}

function checkCounts(folder: string, found: MovieLensCounts, expected: Partial<MovieLensCounts>): void {
	const names = Object.keys(expected) as (keyof MovieLensCounts)[];
	const different = names.filter((name) => found[name] !== expected[name]);
	if (different.length === 0) return;
	const text = (counts: Partial<MovieLensCounts>) => different.map((name) => `${counts[name]} ${name}`).join(", ");
	throw new FileError({
		what: folder,
		expected: text(expected),
		found: text(found),
		next: "Give the folder of ml-latest-small as it was unzipped, or the counts of the release that you have",
	});
}

/** A prompt for each movie that was rated. */
async function moviePrompts(
	folder: string,
	{ ratings, movies, tags, tmdbIds }: MovieLensTables,
	{ tmdb, signal, onProgress }: MovieLensOptions,
): Promise<Map<number, string>> {
	const rated = [...new Set(ratings.map(({ movie }: Rating) => movie))];
	const ids = rated.flatMap((movie) => tmdbIds.get(movie) ?? []);
	const details = (await tmdb?.movies(ids, { signal, onProgress })) ?? new Map<number, MovieDetails>();
	const tagsOf = Map.groupBy(tags, ({ movie }) => movie);
	return new Map(
		rated.map((movie) => {
			const row = movies.get(movie);
			if (!row) throw new FileError({ what: `movies.csv of ${folder}`, expected: `movie ${movie}, which is rated` });
			const { title, overview = "", keywords = [] } = details.get(tmdbIds.get(movie)!) ?? {};
			const telling = keywords.length > 0 ? keywords : mostGiven((tagsOf.get(movie) ?? []).map(({ tag }) => tag));
			const parts = { title: title || plainTitle(row.title), genres: row.genres, keywords: telling, overview };
			return [movie, moviePrompt(parts)] as const;
		}),
	);
}

/** Tags that differ in case alone are one; of tags given equally often, the one that the file has first. */
function mostGiven(tags: readonly string[]): string[] {
	const given = [...Map.groupBy(tags, (tag) => tag.trim().toLowerCase())].filter(([tag]) => tag !== "");
	return given.sort(([, a], [, b]) => b.length - a.length).map(([, [tag]]) => tag!.trim());
}
