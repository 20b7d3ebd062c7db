import { DownloadError } from "./errors.ts";

/**
 * Code that is loaded when it is first needed, of which a bundler makes a file of its own: `loadPart(() => import("./part.ts"))`.
 * @throws DownloadError where that file cannot be had.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
	try {
		return await load();
	} catch (cause) {
		throw new DownloadError({
			what: "a part of this program",
			expected: "the file that it is loaded from when it is first needed",
			found: (cause as Error).message,
			next: "Reload the page: its files may have changed, or the network may have failed",
			cause,
		});
	}
}

/** As `loadPart`, and kept from then on: a call that finds it there waits for nothing. */
export function latePart<T>(load: () => Promise<T>): () => Promise<T> {
	let loading: Promise<T> | undefined;
	return () => {
		loading ??= loadPart(load).catch((error: unknown) => {
			// What could not be had may be tried again.
			loading = undefined;
			throw error;
		});
		return loading;
	};
}
