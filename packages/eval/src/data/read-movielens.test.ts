import { FileError } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import { describe, expect, test } from "vitest";
import { readMovieLens } from "../index.ts";
import { COUNTS, MOVIELENS } from "../testing/movielens.ts";

// Oracle: by hand, from the files in testing/movielens.ts.

const read = async (files: Readonly<Record<string, string | Uint8Array>>, counts: Partial<typeof COUNTS> = COUNTS) =>
	readMovieLens(await folderOf(files), { counts });
const withRatings = (change: (csv: string) => string) => ({
	...MOVIELENS,
	"ratings.csv": change(MOVIELENS["ratings.csv"]),
});

const TOY_STORY = "Toy Story, Adventure, Animation, Toys, pixar";
const POSTMAN = "The Postman, Drama, sea, poetry";
const AVVENTURA = "L'Avventura, Mystery";
const AMIGOS = '¡Three "Amigos"!';

describe("MovieLens's users", () => {
	test("have their ratings oldest first, the two newest as targets, and ratings over 5 as intensities", async () => {
		const users = await read(MOVIELENS);
		expect(users).toEqual([
			{
				id: "1",
				// Movies 9 and 12 were rated in the same second.
				history: [
					{ prompt: POSTMAN, intensity: 0.1 },
					{ prompt: AVVENTURA, intensity: 1 },
				],
				targets: ["Babylon 5, Sci-Fi", TOY_STORY],
			},
			{ id: "2", history: [{ prompt: TOY_STORY, intensity: 0.6 }], targets: [POSTMAN, AMIGOS] },
			{ id: "10", history: [{ prompt: AVVENTURA, intensity: 0.5 }], targets: [TOY_STORY, AMIGOS] },
		]);
	});

	test("have TMDB's title, keywords and description where it has them, five keywords at most", async () => {
		const details = new Map([
			[862, { title: "Toy Story", overview: " Andy's toys live happily. ", keywords: ["a", "b", "c", "d", "e", "f"] }],
			[11010, { title: "The Postman (Il Postino)", overview: "", keywords: [] }],
		]);
		const asked: number[][] = [];
		const movies = async (ids: Iterable<number>) => {
			asked.push([...ids].sort((a, b) => a - b));
			return details;
		};
		const [, user] = await readMovieLens(await folderOf(MOVIELENS), { counts: COUNTS, tmdb: { movies } });
		expect(asked).toEqual([[862, 8388, 11010]]);
		expect(user!.history[0]!.prompt).toBe("Toy Story, Adventure, Animation, a, b, c, d, e, Andy's toys live happily.");
		expect(user!.targets).toEqual(["The Postman (Il Postino), Drama, sea, poetry", AMIGOS]);
	});
});

describe("a folder that is not MovieLens's is refused, with", () => {
	const failure = (promise: Promise<unknown>) =>
		expect(promise).rejects.toSatisfy((error) => error instanceof FileError && error.code === "file");

	test("the counts that differ from latest-small's", async () => {
		const promise = readMovieLens(await folderOf(MOVIELENS));
		await expect(promise).rejects.toMatchObject({
			code: "file",
			expected: "610 users, 100836 ratings, 9742 movies, 3683 tags, 9742 links",
			found: "3 users, 10 ratings, 5 movies, 4 tags, 5 links",
		});
	});

	test("only those, also where one row is missing", async () => {
		const files = withRatings((csv) => csv.replace("2,1,3.0,10\n", ""));
		await expect(read(files)).rejects.toMatchObject({ expected: "10 ratings", found: "9 ratings" });
	});

	test.each(Object.keys(MOVIELENS))("the name of a file that is missing: %s", async (file) => {
		const promise = read(Object.fromEntries(Object.entries(MOVIELENS).filter(([name]) => name !== file)));
		await failure(promise);
		await expect(promise).rejects.toThrow(new RegExp(`${file}: found no such file\\. Unzip ml-latest-small`));
	});

	test.each([
		["another header", "userId,movieId", "user,movie", /ratings\.csv, line 1: expected userId,movieId,/],
		["a rating out of range", "1,1,4.0", "1,1,5.5", /rating of .*ratings\.csv, row 1: expected 0\.5 to 5, found 5\.5/],
		["a rating that is none", "1,7,0.5", "1,7,good", /rating of .*row 2: expected a number, found good/],
		["an id that is none", "1,9,5.0", "1,,5.0", /movieId of .*row 3: expected a number, found nothing/],
		["a time that is none", "300", "-1", /timestamp of .*row 1: expected an integer from 0, found -1/],
		["a row cut short", "10,1,1.0,6", "10,1", /ratings\.csv: expected CSV, found Invalid Record Length/],
		["a movie that is not in movies.csv", "10,1,1.0", "10,2,1.0", /movies\.csv of .*: expected movie 2/],
		["a user with two ratings", "10,1,1.0,6\n", "", /user 10 of .*: expected at least 3 entries/],
	])("%s", async (_, from, to, message) => {
		const promise = read(
			withRatings((csv) => csv.replace(from, to)),
			{},
		);
		await failure(promise);
		await expect(promise).rejects.toThrow(message);
	});

	test("the file that is not UTF-8", async () => {
		const promise = read({ ...MOVIELENS, "movies.csv": Buffer.from(MOVIELENS["movies.csv"], "latin1") });
		await expect(promise).rejects.toThrow(/movies\.csv: found other bytes than UTF-8/);
	});
});
