/** A browser has no environment. */
export function variable(): undefined {}

/** A folder of the page's private file system; `""` for none. */
export function cacheFolder(option = "huggingface/hub"): string {
	return option;
}

export async function tokenFile(): Promise<{ text: string; from: string }> {
	return { text: "", from: "a file" };
}

/** A page cannot see where a redirect leads. The browser removes the access token when it leads to another origin. */
export const REDIRECT = "follow";

/** Adds possible reasons to a request's failure, because a browser hides the reason from a page. */
export function silentReason(found: string, host: string): string {
	const { onLine } = globalThis.navigator as { onLine?: boolean };
	const reason =
		onLine === false ? "there is no network" : `there is no network, or ${host} does not allow this page (CORS)`;
	return `${found} (a browser does not tell why: ${reason})`;
}
