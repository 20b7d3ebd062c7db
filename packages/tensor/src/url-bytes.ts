import type { ByteSource } from "./byte-source.ts";
import { DownloadError, FileError } from "./errors.ts";

/** Bytes of the first request: the whole of most small files, and a header of large ones. */
const FIRST = 2 ** 20;
/** Files of up to so many bytes are fetched whole at once: hundreds of ranges of them would take longer. */
const SMALL = 2 ** 25;

export interface UrlOptions {
	/** Ends requests with the signal's reason. */
	signal?: AbortSignal | undefined;
	/** In place of the global `fetch`. */
	fetch?: typeof fetch | undefined;
	/** Called as the bytes arrive of a file that is fetched whole. */
	onProgress?: ((loaded: number, total: number) => void) | undefined;
}

/** A file behind an address: one of up to 32 MB is fetched whole, of a larger one only the ranges that are read. */
export class UrlBytes implements ByteSource {
	/** The address without a query. */
	readonly name: string;
	readonly size: number;
	readonly #url: string;
	readonly #options: UrlOptions;
	/** The file's beginning, or the whole of it. */
	readonly #head: Uint8Array;

	private constructor(url: string, size: number, head: Uint8Array, options: UrlOptions) {
		this.name = nameOf(url);
		this.size = size;
		this.#url = url;
		this.#head = head;
		this.#options = options;
	}

	/**
	 * @param url absolute; in a browser it may be relative to the page
	 * @throws FileError where there is no such file; DownloadError where it cannot be fetched, or is large and its server gives no ranges
	 */
	static async open(url: string | URL, options: UrlOptions = {}): Promise<UrlBytes> {
		const address = absolute(url);
		const answer = await ask(address, `bytes=0-${FIRST - 1}`, options);
		const size = answer.status === 206 ? totalOf(answer, address) : lengthOf(answer);
		if (answer.status !== 206 && size !== undefined && size > SMALL) {
			await answer.body?.cancel();
			throw noRanges(address, size);
		}
		const head = await bodyOf(answer, address, options);
		if (answer.status !== 206 || size === undefined || size <= head.length) {
			options.onProgress?.(head.length, head.length);
			return new UrlBytes(address, head.length, head, options);
		}
		if (size > SMALL) return new UrlBytes(address, size, head, options);
		options.onProgress?.(head.length, size);
		const rest = await range(address, head.length, size, options);
		const whole = new Uint8Array(size);
		whole.set(head);
		whole.set(rest, head.length);
		options.onProgress?.(size, size);
		return new UrlBytes(address, size, whole, options);
	}

	async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
		const end = Math.min(to, this.size);
		if (end <= this.#head.length) return new Uint8Array(this.#head.subarray(from, end));
		return range(this.#url, from, end, this.#options);
	}

	beside(path: string): Promise<UrlBytes> {
		return UrlBytes.open(new URL(path, this.#url), this.#options);
	}
}

function absolute(url: string | URL): string {
	return new URL(url, (globalThis as { location?: { href: string } }).location?.href).href;
}

function nameOf(url: string): string {
	return url.replace(/[?#].*$/, "");
}

async function range(url: string, from: number, to: number, options: UrlOptions): Promise<Uint8Array<ArrayBuffer>> {
	if (to <= from) return new Uint8Array();
	const answer = await ask(url, `bytes=${from}-${to - 1}`, options);
	if (answer.status !== 206) {
		await answer.body?.cancel();
		throw noRanges(url, lengthOf(answer));
	}
	const bytes = await bodyOf(answer, url, options);
	if (bytes.length === to - from) return bytes;
	throw failed(url, `${to - from} bytes from ${from} on`, `${bytes.length} bytes`);
}

async function ask(url: string, range: string, { signal, fetch = globalThis.fetch }: UrlOptions): Promise<Response> {
	let answer: Response;
	try {
		answer = await fetch(url, { headers: { Range: range }, signal: signal ?? null });
	} catch (cause) {
		signal?.throwIfAborted();
		throw failed(url, "an answer", messageOf(cause), cause);
	}
	if (answer.ok && (!isPage(answer) || /\.html?$/.test(nameOf(url)))) return answer;
	await answer.body?.cancel();
	// Many hosts answer with a page of theirs where there is no such file.
	if (answer.ok) throw new FileError({ what: nameOf(url), expected: "a file", found: "an HTML page" });
	if (answer.status === 416 && range.startsWith("bytes=0-")) return new Response(null, { status: 200 });
	const found = `HTTP ${answer.status}`;
	if (answer.status === 404 || answer.status === 410)
		throw new FileError({ what: nameOf(url), expected: "a file", found });
	throw failed(url, "the file", found);
}

async function bodyOf(answer: Response, url: string, { signal }: UrlOptions): Promise<Uint8Array<ArrayBuffer>> {
	try {
		return new Uint8Array(await answer.arrayBuffer());
	} catch (cause) {
		signal?.throwIfAborted();
		throw failed(url, "the whole answer", messageOf(cause), cause);
	}
}

/** Another origin's server may keep the header to itself. */
function totalOf(answer: Response, url: string): number {
	const total = /\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")?.[1];
	if (total !== undefined) return Number(total);
	throw new DownloadError({
		what: nameOf(url),
		expected: "a Content-Range with the file's size",
		found: "none",
		next: "A server of another origin has to name it in Access-Control-Expose-Headers",
	});
}

function lengthOf(answer: Response): number | undefined {
	const length = answer.headers.get("content-length");
	return length === null || answer.headers.has("content-encoding") ? undefined : Number(length);
}

function noRanges(url: string, size: number | undefined): DownloadError {
	return new DownloadError({
		what: nameOf(url),
		expected: "a server that gives ranges of a large file",
		found: `the whole${size === undefined ? "" : `, ${size} bytes`}`,
		next: "Serve it with Accept-Ranges, or take it from the hub, a File or a Blob",
	});
}

function failed(url: string, expected: string, found: string, cause?: unknown): DownloadError {
	return new DownloadError({
		what: nameOf(url),
		expected,
		found,
		next: "Check the connection; a server of another origin has to allow this page by CORS",
		cause,
	});
}

function isPage({ headers }: Response): boolean {
	return /^text\/html\b/.test(headers.get("content-type") ?? "");
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
