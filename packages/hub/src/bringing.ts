import type { Warning } from "@drum/tensor";
import type { RemoteFile } from "./listing.ts";
import type { Retries } from "./retry.ts";

/** A file of the hub that is to be brought into the cache, or read from there. */
export interface Bringing {
	/** Repository and path, for messages. */
	what: string;
	file: RemoteFile;
	/** The file's bytes from an offset on, to before `end`. */
	content: (offset: number, end?: number) => AsyncIterable<Uint8Array>;
	onBytes: (loaded: number) => void;
	/** Told once when another process, or another tab, is found to be bringing the file. */
	onOther: () => void;
	onPause: NonNullable<Retries["onPause"]>;
	onWarning: ((warning: Warning) => void) | undefined;
	signal: AbortSignal | undefined;
}
