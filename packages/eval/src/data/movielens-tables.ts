import { join } from "node:path";
import { FileError } from "@drum/tensor";
import { readWholeFile } from "@drum/tensor/node";
import { CsvError, parse } from "csv-parse/sync";
import { unreadable } from "./unreadable.ts";

export interface Rating {
	readonly user: number;
	readonly movie: number;
	/** 0.5 to 5, in halves. */
	readonly rating: number;
	/** Seconds since 1970. */
	readonly timestamp: number;
}

export interface MovieRow {
	readonly title: string;
	readonly genres: readonly string[];
}

/** The four files of a MovieLens folder, as its README.txt describes them. */
export interface MovieLensTables {
	/** In the file's order: by user, then by movie. */
	readonly ratings: readonly Rating[];
	readonly movies: ReadonlyMap<number, MovieRow>;
	readonly tags: readonly { readonly user: number; readonly movie: number; readonly tag: string }[];
	/** TMDB's ids by MovieLens's, of movies that have one. */
	readonly tmdbIds: ReadonlyMap<number, number>;
	/** Rows of each file. */
	readonly counts: { readonly ratings: number; readonly movies: number; readonly tags: number; readonly links: number };
}

const WHERE = "Unzip ml-latest-small.zip of https://grouplens.org/datasets/movielens/ and give its folder";
const NO_GENRES = "(no genres listed)";

/** @throws FileError naming the file that is missing, or the line that is malformed. */
export async function movieLensTables(folder: string): Promise<MovieLensTables> {
	const read = <T>(file: string, columns: readonly string[], take: (cells: Cells) => T) =>
		readTable(join(folder, file), columns, take);
	const [ratings, movies, tags, links] = await Promise.all([
		read("ratings.csv", ["userId", "movieId", "rating", "timestamp"], (cells): Rating => {
			const rating = cells.number("rating");
			if (rating < 0.5 || rating > 5) throw cells.malformed("rating", "0.5 to 5");
			return { user: cells.id("userId"), movie: cells.id("movieId"), rating, timestamp: cells.id("timestamp") };
		}),
		read("movies.csv", ["movieId", "title", "genres"], (cells) => {
			const genres = cells.text("genres");
			const row = { title: cells.text("title"), genres: genres === NO_GENRES ? [] : genres.split("|") };
			return [cells.id("movieId"), row] as const;
		}),
		read("tags.csv", ["userId", "movieId", "tag", "timestamp"], (cells) => {
			return { user: cells.id("userId"), movie: cells.id("movieId"), tag: cells.text("tag") };
		}),
		read("links.csv", ["movieId", "imdbId", "tmdbId"], (cells) => {
			return [cells.id("movieId"), cells.text("tmdbId") === "" ? undefined : cells.id("tmdbId")] as const;
		}),
	]);
	const tmdbIds = new Map(links.flatMap(([movie, id]) => (id === undefined ? [] : [[movie, id] as const])));
	const counts = { ratings: ratings.length, movies: movies.length, tags: tags.length, links: links.length };
	return { ratings, movies: new Map(movies), tags, tmdbIds, counts };
}

/** A row's cells by the names of their columns. */
interface Cells {
	text(column: string): string;
	number(column: string): number;
	/** An integer from 0. */
	id(column: string): number;
	malformed(column: string, expected: string): FileError;
}

async function readTable<T>(path: string, columns: readonly string[], take: (cells: Cells) => T): Promise<T[]> {
	const [header, ...rows] = records(await readText(path), path);
	if (header?.join() !== columns.join()) {
		throw new FileError({ what: `${path}, line 1`, expected: columns.join(), found: header?.join() ?? "nothing" });
	}
	return rows.map((cells, row) => {
		const text = (column: string) => cells[columns.indexOf(column)]!;
		const malformed = (column: string, expected: string) =>
			new FileError({ what: `${column} of ${path}, row ${row + 1}`, expected, found: text(column) || "nothing" });
		const number = (column: string) => {
			const value = text(column).trim() === "" ? Number.NaN : Number(text(column));
			if (!Number.isFinite(value)) throw malformed(column, "a number");
			return value;
		};
		const id = (column: string) => {
			const value = number(column);
			if (!Number.isSafeInteger(value) || value < 0) throw malformed(column, "an integer from 0");
			return value;
		};
		return take({ text, number, id, malformed });
	});
}

/** Bytes. MovieLens's 32 million ratings, the most there are, have 880 MB: more than one text of Node.js holds. */
const LARGEST_TABLE = 500_000_000;

async function readText(path: string): Promise<string> {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(await readWholeFile(path, { most: LARGEST_TABLE }));
	} catch (cause) {
		throw unreadable(path, cause, WHERE);
	}
}

function records(text: string, path: string): string[][] {
	try {
		return parse(text, { skip_empty_lines: true });
	} catch (cause) {
		if (!(cause instanceof CsvError)) throw cause;
		throw new FileError({ what: path, expected: "CSV", found: cause.message, next: WHERE, cause });
	}
}
