import { FileError } from "@drum/tensor";
import { env } from "@huggingface/transformers";

/** Stretches of a file that are hashed, evenly spaced, and their length in bytes: a megabyte of one as large as it may be. */
const STRETCHES = 256;
const STRETCH = 4096;

/** The one thing of a browser's that Node.js has not. */
interface BrowserGlobals {
	caches?: { open(key: string): Promise<{ match(request: string): Promise<Response | undefined> }> };
}

/** A file that can be read in parts. */
interface OpenFile {
	readonly size: number;
	read(start: number, end: number): Promise<Uint8Array>;
	close(): Promise<void>;
}

/**
 * Hashes settings and files of an export, of each its size and a sample of its bytes: a training changes weights all over.
 * @throws FileError where a file cannot be found again.
 */
export async function fingerprintOf(
	source: string,
	revision: string,
	files: readonly string[],
	settings: unknown,
): Promise<string> {
	const parts: Uint8Array[] = [new TextEncoder().encode(JSON.stringify(settings))];
	for (const file of files) {
		const opened = (await openOnDisk(source, revision, file)) ?? (await openCached(source, revision, file));
		try {
			const { size } = opened;
			parts.push(new TextEncoder().encode(`${file} ${size}`));
			const step = Math.max(STRETCH, (size - STRETCH) / (STRETCHES - 1));
			for (let start = 0; start < size; start += step)
				parts.push(await opened.read(Math.floor(start), Math.min(Math.floor(start) + STRETCH, size)));
		} finally {
			await opened.close();
		}
	}
	const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
	return Array.from(new Uint8Array(hash).slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Where transformers.js looks for files and keeps them in Node.js; undefined in a browser, or where it is nowhere there. */
async function openOnDisk(source: string, revision: string, file: string): Promise<OpenFile | undefined> {
	// Not imported, so that a browser's bundle has nothing of Node.js.
	const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
	if (!fs) return undefined;
	const kept = revision === "main" ? [] : [`${env.cacheDir}/${source}/${revision}/${file}`];
	const places = [
		...kept,
		`${env.cacheDir}/${source}/${file}`,
		`${env.localModelPath}/${source}/${file}`,
		`${source}/${file}`,
	];
	for (const place of places) {
		const handle = await fs.open(place).catch(() => undefined);
		if (!handle) continue;
		return {
			size: (await handle.stat()).size,
			read: async (start, end) => (await handle.read(new Uint8Array(end - start), 0, end - start, start)).buffer,
			close: () => handle.close(),
		};
	}
	return undefined;
}

/** From a browser's cache, where transformers.js has put it, else fetched. */
async function openCached(source: string, revision: string, file: string): Promise<OpenFile> {
	const path = env.remotePathTemplate
		.replaceAll("{model}", source)
		.replaceAll("{revision}", encodeURIComponent(revision));
	const local = `${env.localModelPath.replace(/\/$/, "")}/${source}/${file}`;
	const remote = `${env.remoteHost.replace(/\/$/, "")}/${path.replace(/\/$/, "")}/${file}`;
	const cache = env.useBrowserCache ? await (globalThis as BrowserGlobals).caches?.open(env.cacheKey) : undefined;
	const found = (await cache?.match(local)) ?? (await cache?.match(remote));
	const response = found ?? (await env.fetch(env.allowLocalModels ? local : remote).catch(() => undefined));
	if (!response?.ok) throw new FileError({ what: `${source}/${file}`, expected: "a file that can be read again" });
	const blob: Blob = await response.blob();
	return {
		size: blob.size,
		read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
		close: async () => {},
	};
}
