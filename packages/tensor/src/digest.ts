import { loadPart } from "./load-part.ts";

/** What `sha256` gives, by the platform's own code where there is any: a page that came without TLS has none. */
export async function digest(parts: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<string> {
	const { subtle } = globalThis.crypto as Partial<typeof globalThis.crypto>;
	if (!subtle) {
		const { sha256 } = await loadPart(() => import("./sha256.ts"));
		return sha256(...parts);
	}
	const bytes = await subtle.digest("SHA-256", await new Blob([...parts]).arrayBuffer());
	return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
