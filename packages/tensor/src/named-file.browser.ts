import type { ByteSource } from "./byte-source.ts";
import { UrlBytes, type UrlOptions } from "./url-bytes.ts";

/** What a text names: an address, which may be relative to the page. */
export function openNamed(name: string, options: UrlOptions): Promise<ByteSource> {
	return UrlBytes.open(name, options);
}

export function openUrl(url: URL, options: UrlOptions): Promise<ByteSource> {
	return UrlBytes.open(url, options);
}
