/**
 * A `fetch` that adds the access token to requests to the hub itself, and to no other: the platform's `fetch` drops the
 * header when it is redirected to another origin, and links in the hub's answers may lead anywhere.
 */
export function hubFetch(
	request: typeof fetch,
	{ endpoint, token }: { endpoint: string; token: string | undefined },
	signal: AbortSignal | undefined,
): typeof fetch {
	const { origin } = new URL(endpoint);
	return async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input);
		const headers = new Headers(init?.headers);
		if (token !== undefined && url.origin === origin) headers.set("Authorization", `Bearer ${token}`);
		return request(url, { ...init, headers, ...(signal && { signal }) });
	};
}
