/** A browser uses its proxies by itself. */
export function proxyFor(): undefined {}

/** The browser's own `fetch`. */
export const environmentFetch: typeof fetch = (input, init) => fetch(input, init);
