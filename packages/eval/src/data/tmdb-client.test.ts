import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ArgumentError, DownloadError, FileError } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import { TYPESCRIPT } from "@drum/test-process";
import { type Fault, type Seen, startJsonServer } from "@drum/test-server";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { TMDBClient, type TMDBOptions } from "../index.ts";

// A server on this machine answers as TMDB does: movies by id, but for 404, which it does not know.

const movieOf = (id: number) => ({
	title: `Movie ${id}`,
	overview: id % 2 ? "Two meet." : "",
	keywords: [`k${id}`, "sea"],
});
const UNKNOWN: Fault = { status: 404, body: '{"success":false,"status_code":34,"status_message":"not found"}' };

function answer({ url }: Seen): { json: unknown } | Fault {
	const id = Number(/^\/3\/movie\/(\d+)$/.exec(url.pathname)?.[1]);
	if (id === 404) return UNKNOWN;
	const { title, overview, keywords } = movieOf(id);
	return {
		json: { id, title, overview, keywords: { keywords: keywords.map((name, i) => ({ id: i, name })) }, genres: [] },
	};
}

async function start(options: Partial<TMDBOptions> = {}) {
	const server = await startJsonServer(answer);
	onTestFinished(() => server[Symbol.asyncDispose]());
	const cache = options.cache ?? join(await folderOf(), "tmdb");
	const open = (more: Partial<TMDBOptions> = {}) =>
		new TMDBClient({ cache, baseUrl: `${server.url}/3`, apiKey: "key", requestsPerSecond: 1000, ...options, ...more });
	return { server, cache, open, client: open() };
}
const moviesOf = (...ids: number[]) => new Map(ids.map((id) => [id, movieOf(id)]));
const idsSeen = (seen: readonly Seen[]) => seen.map(({ url }) => Number(url.pathname.split("/").at(-1)));

describe("movies are brought from TMDB", () => {
	test("with title, overview and keywords, in English, in the order asked for; what it does not know is left out", async () => {
		const { server, client } = await start();
		const movies = await client.movies([12, 404, 5, 12]);
		expect([...movies]).toEqual([...moviesOf(12, 5)]);
		expect(idsSeen(server.seen).sort((a, b) => a - b)).toEqual([5, 12, 404]);
		const [{ url, headers }] = server.seen as [Seen];
		expect(Object.fromEntries(url.searchParams)).toEqual({
			...{ language: "en-US", append_to_response: "keywords", api_key: "key" },
		});
		expect(headers.authorization).toBeUndefined();
	});

	test("once: then they come from the cache, without a key or a server; also that one is not known", async () => {
		const { server, cache, client } = await start();
		await client.movies([1, 404, 2]);
		expect((await readdir(cache)).sort()).toEqual(["1.json", "2.json", "404.json"]);
		vi.stubEnv("TMDB_API_KEY", "");
		onTestFinished(() => void vi.unstubAllEnvs());
		const offline = new TMDBClient({ cache, baseUrl: "http://127.0.0.1:9" });
		expect(await offline.movies([1, 404, 2])).toEqual(moviesOf(1, 2));
		expect(server.seen).toHaveLength(3);
	});

	test("with the environment's key, or a read access token, which stays out of the address", async () => {
		vi.stubEnv("TMDB_API_KEY", "eyJhbGciOi.x.y");
		onTestFinished(() => void vi.unstubAllEnvs());
		const { server, client } = await start({ apiKey: undefined });
		await client.movies([1]);
		expect(server.seen[0]!.headers.authorization).toBe("Bearer eyJhbGciOi.x.y");
		expect(server.seen[0]!.url.searchParams.has("api_key")).toBe(false);
	});

	test("with progress, from the cache and from TMDB", async () => {
		const { client } = await start();
		await client.movies([1, 2]);
		const progress: number[][] = [];
		await client.movies([1, 2, 3], { onProgress: (...each) => progress.push(each) });
		expect(progress).toEqual([
			[1, 3],
			[2, 3],
			[3, 3],
		]);
	});
});

describe("a fault that passes is borne:", () => {
	test.each<[string, Fault]>([
		["a limit on requests", { status: 429, headers: { "retry-after": "0" } }],
		["a limit until a date", { status: 429, headers: { "retry-after": new Date(0).toUTCString() } }],
		["a server's error", { status: 503, headers: { "retry-after": "0" } }],
		["a server's error without a time", { status: 500 }],
		["a cut connection", { cut: true }],
		["an answer that is no JSON", { body: "<html>" }],
	])("%s", async (_, fault) => {
		const { server, client } = await start();
		server.fail(fault);
		expect(await client.movies([1])).toEqual(moviesOf(1));
		expect(server.seen).toHaveLength(2);
	});

	test("after a limit on requests, the other movies wait too", async () => {
		const { server, client } = await start();
		server.fail({ status: 429, headers: { "retry-after": "1" } });
		const ids = Array.from({ length: 40 }, (_, i) => i + 1);
		expect(await client.movies(ids)).toEqual(moviesOf(...ids));
		const asked = idsSeen(server.seen);
		// The one that was refused would come last if the others had gone on.
		expect(asked.lastIndexOf(asked[0]!)).toBeLessThan(asked.length - 10);
	});
});

describe("movies that cannot be brought give an error", () => {
	const failure = (promise: Promise<unknown>) =>
		promise.then(
			() => undefined,
			(error: unknown) => error,
		);

	test("that asks for a key, where there is none", async () => {
		vi.stubEnv("TMDB_API_KEY", "");
		onTestFinished(() => void vi.unstubAllEnvs());
		const { server, client } = await start({ apiKey: undefined });
		const error = await failure(client.movies([1]));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(String(error)).toMatch(/apiKey: expected a key, to ask for movie 1, found none\. Set TMDB_API_KEY/);
		expect(server.seen).toEqual([]);
	});

	test.each<[string, Fault, RegExp]>([
		[
			"a key that is refused",
			{ status: 401, body: '{"status_code":7,"status_message":"Invalid API key: secret"}' },
			/found HTTP 401: Invalid API key: …\. Check TMDB_API_KEY/,
		],
		["an answer that is too long", { body: " ".repeat(64_000_001) }, /expected an answer of at most 64000000 bytes/],
		["a wrong address", { status: 404, body: "<html>" }, /found HTTP 404: <html>/],
		["an answer that is no movie", { body: '{"page":1}' }, /expected a movie, found .*title/s],
		[
			"a wait that is too long",
			{ status: 429, headers: { "retry-after": "3600" } },
			/found HTTP 429: out of order, to be asked again in 3600 s\..*run this again/,
		],
	])("that tells of %s, at once and without the key", async (_, fault, message) => {
		const { server, cache, client } = await start({ apiKey: "secret" });
		server.fail(fault);
		const error = await failure(client.movies([1]));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(message);
		for (let each = error; each instanceof Error; each = each.cause)
			expect(`${each}${each.stack}`).not.toContain("secret");
		expect(server.seen).toHaveLength(1);
		expect(await readdir(cache)).toEqual([]);
	});

	test("that ends the bringing of the others too", async () => {
		const { server, client } = await start();
		server.fail({ status: 401 });
		expect(await failure(client.movies(Array.from({ length: 100 }, (_, i) => i + 1)))).toBeInstanceOf(DownloadError);
		expect(server.seen.length).toBeLessThan(50);
	});

	test("after five attempts; what was brought before is kept, and the next run goes on", async () => {
		const { server, cache, client, open } = await start();
		await client.movies([1, 2]);
		const limit: Fault = { status: 429, headers: { "retry-after": "0" } };
		server.fail(limit, limit, limit, limit, limit);
		const error = await failure(open().movies([1, 2, 3]));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(/movie 3 of http.*: found HTTP 429: out of order\. .*run this again/);
		expect(server.seen).toHaveLength(7);
		expect(await open().movies([1, 2, 3])).toEqual(moviesOf(1, 2, 3));
		expect(server.seen).toHaveLength(8);
		expect(await readdir(cache)).toHaveLength(3);
	});

	test("that names a damaged file of the cache", async () => {
		const { cache, client } = await start();
		await client.movies([1]);
		await writeFile(join(cache, "1.json"), '{"title":');
		const error = await failure(client.movies([1]));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toMatch(/1\.json: expected a movie as it was kept, found "\{\\"title\\":"\. Delete the file/);
	});

	test("that names a cache that cannot be written", async () => {
		const folder = await folderOf({ file: "" });
		const { client } = await start({ cache: join(folder, "file") });
		const error = await failure(client.movies([1]));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toMatch(/cannot be kept in .*file: found EEXIST/);
	});

	test.each([{ requestsPerSecond: 0 }, { baseUrl: "https://user:geheim@host/3" }, { apiKey: "geheim\n" }])(
		"for %j",
		(wrong) => {
			expect(() => new TMDBClient({ cache: "x", ...wrong })).toThrow(ArgumentError);
			expect(() => new TMDBClient({ cache: "x", ...wrong })).not.toThrow(/geheim/);
		},
	);
});

describe("a run that ends early", () => {
	test("by its signal throws its reason, while it asks and while it waits", async () => {
		for (const fault of [{ stall: true }, { status: 429, headers: { "retry-after": "200" } }] as const) {
			const { server, client } = await start();
			const controller = new AbortController();
			server.fail(fault);
			const ending = client.movies([1], { signal: controller.signal });
			await vi.waitFor(() => expect(server.seen).toHaveLength(1));
			controller.abort("enough");
			await expect(ending).rejects.toBe("enough");
		}
	});

	test("by kill -9 leaves whole movies only, and the next run asks for the others alone", async () => {
		const { server, cache, client } = await start();
		const script = join(import.meta.dirname, "../testing/tmdb-process.ts");
		const killed = promisify(execFile)(process.execPath, [...TYPESCRIPT, script, `${server.url}/3`, cache, "7"]);
		await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });

		const kept = (await readdir(cache)).filter((file) => file.endsWith(".json"));
		expect(kept.length).toBeLessThan(12);
		for (const file of kept) {
			const id = Number.parseInt(file, 10);
			expect(JSON.parse(await readFile(join(cache, file), "utf8"))).toEqual(movieOf(id));
		}
		const before = server.seen.length;
		const ids = Array.from({ length: 12 }, (_, i) => i + 1);
		expect(await client.movies(ids)).toEqual(moviesOf(...ids));
		const asked = idsSeen(server.seen.slice(before)).sort((a, b) => a - b);
		expect(asked).toEqual(ids.filter((id) => !kept.includes(`${id}.json`)));
	});
});
