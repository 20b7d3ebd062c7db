/** A browser has no environment. */
export function variable(): undefined {}

/** A folder of the page's private file system; `""` for none. */
export function cacheFolder(option = "huggingface/hub"): string {
	return option;
}

export async function tokenFile(): Promise<{ text: string; from: string }> {
	return { text: "", from: "a file" };
}

/** A page cannot see where a redirect leads. The browser takes the access token away where that is another origin. */
export const REDIRECT = "follow";
