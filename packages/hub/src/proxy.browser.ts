/** A browser goes through its proxies by itself. */
export function proxyFor(): undefined {}

/** The browser's own. */
export const environmentFetch: typeof fetch = (input, init) => fetch(input, init);
