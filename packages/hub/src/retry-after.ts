/**
 * Milliseconds until a server may be asked again: `Retry-After` in seconds or as a date, or the hub's own `RateLimit` of the form
 * `"api";r=0;t=55` if no requests are left. Undefined if the answer does not say.
 */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
	const text = headers.get("retry-after")?.trim() ?? "";
	if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
	const date = /[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
	if (!Number.isNaN(date)) return Math.max(0, date - now);
	const left = /;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,9})/.exec(headers.get("ratelimit") ?? "")?.[1];
	return left === undefined ? undefined : (Number(left) + 1) * 1000;
}
