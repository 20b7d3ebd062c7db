import { fileURLToPath } from "node:url";
import type { ByteSource } from "./byte-source.ts";
import { LocalFile } from "./local-file.ts";
import { UrlBytes, type UrlOptions } from "./url-bytes.ts";

/** What a text names: a path on this machine, or an address. */
export function openNamed(name: string, options: UrlOptions): Promise<ByteSource> {
	return /^https?:\/\//.test(name) ? UrlBytes.open(name, options) : LocalFile.open(name);
}

export function openUrl(url: URL, options: UrlOptions): Promise<ByteSource> {
	return url.protocol === "file:" ? LocalFile.open(fileURLToPath(url)) : UrlBytes.open(url, options);
}
