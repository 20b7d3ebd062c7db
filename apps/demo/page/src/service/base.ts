/** Where the page lies: the service may stand behind a proxy's path, as `https://example.org/drum/`. */
export const BASE = new URL(".", document.baseURI);

/** An address of the service, as it tells it (`/api/…`), from where the page lies. */
export function at(path: string): string {
	return new URL(path.replace(/^\//, ""), BASE).href;
}
