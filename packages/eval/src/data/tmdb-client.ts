import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkKey, fetchJson, gaveUp, Interruption, Refusal, retrying, serverAddress } from "@drum/hub";
import { ArgumentError, checkNames, DownloadError, FileError, parseJson, shown } from "@drum/tensor";
import { readTextFile, replaceFile } from "@drum/tensor/node";
import * as z from "zod";
import { Pace } from "../requests/pace.ts";

/** What TMDB knows of a movie, in English. */
export interface MovieDetails {
	readonly title: string;
	/** Empty where there is none. */
	readonly overview: string;
	readonly keywords: readonly string[];
}

export interface TMDBOptions {
	/** Folder in which every answer is kept, one file a movie; made if need be. */
	readonly cache: string;
	/**
	 * An API key, or a read access token. Default the environment's `TMDB_API_KEY`; needed for movies that are not in the cache. It is in no
	 * message and no log.
	 */
	readonly apiKey?: string | undefined;
	/** Default `https://api.themoviedb.org/3`. */
	readonly baseUrl?: string;
	/** Default 20; TMDB allows about 40. */
	readonly requestsPerSecond?: number;
}

export interface MoviesOptions {
	readonly signal?: AbortSignal | undefined;
	/** Called as movies are there, from the cache or from TMDB. */
	readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** https://developer.themoviedb.org/reference/movie-details, with `append_to_response=keywords`. */
const ANSWER = z.object({
	title: z.string(),
	overview: z.string().nullish(),
	keywords: z.object({ keywords: z.array(z.object({ name: z.string() })) }).optional(),
});
/** `null` is kept too: a movie that TMDB does not know is not asked for again. */
const KEPT = z.object({ title: z.string(), overview: z.string(), keywords: z.array(z.string()) }).nullable();

const TIMEOUT = 30_000;
/** Requests under way at once. */
const LANES = 8;

/** Brings movies from The Movie Database and keeps them. A run that was stopped, or killed, goes on with what it lacks. */
export class TMDBClient {
	readonly #cache: string;
	readonly #apiKey: string | undefined;
	readonly #baseUrl: string;
	readonly #pace: Pace;

	/** @throws ArgumentError for a rate, an address or a key that is none. */
	constructor(options: TMDBOptions) {
		checkNames("TMDBClient", options, ["cache", "apiKey", "baseUrl", "requestsPerSecond"]);
		const { cache, requestsPerSecond = 20 } = options;
		if (!(requestsPerSecond > 0)) {
			const what = "requestsPerSecond";
			throw new ArgumentError({ what, expected: "a number above 0", found: shown(requestsPerSecond) });
		}
		this.#cache = cache;
		this.#apiKey = checkKey("apiKey", options.apiKey ?? process.env.TMDB_API_KEY);
		this.#baseUrl = serverAddress("baseUrl", options.baseUrl ?? "https://api.themoviedb.org/3");
		this.#pace = new Pace(requestsPerSecond);
	}

	/**
	 * Movies by TMDB's ids; those that TMDB does not know are not in the result.
	 * @throws ArgumentError where a movie must be asked for and there is no key; DownloadError where TMDB does not answer, refuses the
	 * key or says what is no movie; FileError for a damaged or unwritable cache; the signal's reason.
	 */
	async movies(ids: Iterable<number>, options: MoviesOptions = {}): Promise<Map<number, MovieDetails>> {
		checkNames("movies", options, ["signal", "onProgress"]);
		const { signal, onProgress } = options;
		const wanted = [...new Set(ids)];
		const found = new Map<number, MovieDetails>();
		await mkdir(this.#cache, { recursive: true }).catch((cause) => Promise.reject(unwritable(this.#cache, cause)));
		const failed = new AbortController();
		const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
		const waiting = wanted.values();
		let done = 0;
		const lane = async () => {
			for (const id of waiting) {
				either.throwIfAborted();
				const movie = (await this.#kept(id)) ?? (await this.#bring(id, either));
				if (movie.details) found.set(id, movie.details);
				onProgress?.(++done, wanted.length);
			}
		};
		const lanes = Array.from({ length: LANES }, () => lane());
		try {
			await Promise.all(lanes);
		} catch (error) {
			// No lane is left behind that still writes.
			failed.abort(error);
			await Promise.allSettled(lanes);
			throw error;
		}
		return new Map(wanted.flatMap((id) => (found.has(id) ? [[id, found.get(id)!] as const] : [])));
	}

	/** What the cache has of a movie; undefined where it has nothing. */
	async #kept(id: number): Promise<{ details: MovieDetails | null } | undefined> {
		const path = this.#pathOf(id);
		let text: string;
		try {
			text = await readTextFile(path);
		} catch (error) {
			if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
			throw error;
		}
		try {
			return { details: KEPT.parse(parseJson(text)) };
		} catch (cause) {
			const found = text ? shown(text) : "nothing";
			throw new FileError({ what: path, expected: "a movie as it was kept", found, next: "Delete the file", cause });
		}
	}

	async #bring(id: number, signal: AbortSignal): Promise<{ details: MovieDetails | null }> {
		const next = "Check the connection and run this again: it goes on with the movies that are not kept yet";
		const what = `movie ${id} of ${this.#baseUrl}`;
		const details = await retrying(() => this.#ask(id, what, signal), { signal }).catch((error: unknown) =>
			Promise.reject(gaveUp(error, { what, next })),
		);
		await replaceFile(this.#pathOf(id), (file) => file.writeFile(JSON.stringify(details))).catch((cause) =>
			Promise.reject(unwritable(this.#cache, cause)),
		);
		return { details };
	}

	async #ask(id: number, what: string, signal: AbortSignal): Promise<MovieDetails | null> {
		await this.#pace.turn(signal);
		let answer: unknown;
		try {
			answer = await fetchJson({ ...this.#request(id), timeout: TIMEOUT, signal });
		} catch (error) {
			if (error instanceof Interruption && error.retryAfter !== undefined) this.#pace.hold(error.retryAfter);
			if (!(error instanceof Refusal)) throw error;
			if (isUnknown(error)) return null;
			const next = error.status === 401 ? "Check TMDB_API_KEY" : undefined;
			throw new DownloadError({ what, found: error.message, ...(next && { next }), cause: error });
		}
		const { data, error } = ANSWER.safeParse(answer);
		if (!data) {
			const { path, message } = error.issues[0]!;
			throw new DownloadError({ what, expected: "a movie", found: `${path.join(".")}: ${message}`, cause: error });
		}
		const { title, overview, keywords } = data;
		return { title, overview: overview ?? "", keywords: keywords?.keywords.map(({ name }) => name) ?? [] };
	}

	#request(id: number) {
		if (this.#apiKey === undefined) {
			const next = "Set TMDB_API_KEY to a key of https://www.themoviedb.org/settings/api";
			throw new ArgumentError({ what: "apiKey", expected: `a key, to ask for movie ${id}`, found: "none", next });
		}
		const url = new URL(`${this.#baseUrl}/movie/${id}`);
		url.searchParams.set("language", "en-US");
		url.searchParams.set("append_to_response", "keywords");
		// A read access token is a JSON Web Token; a key goes into the address.
		const isToken = this.#apiKey.startsWith("eyJ");
		if (!isToken) url.searchParams.set("api_key", this.#apiKey);
		return {
			url,
			secret: this.#apiKey,
			headers: { accept: "application/json", ...(isToken && { authorization: `Bearer ${this.#apiKey}` }) },
		};
	}

	#pathOf(id: number): string {
		return join(this.#cache, `${id}.json`);
	}
}

/** TMDB's own word, 34: a 404 alone may come from any server at a wrong address. */
function isUnknown({ answer }: Refusal): boolean {
	return /"status_code":\s*34\b/.test(answer);
}

function unwritable(folder: string, cause: NodeJS.ErrnoException): FileError {
	return new FileError({ what: `TMDB's movies cannot be kept in ${folder}`, found: cause.message, cause });
}
