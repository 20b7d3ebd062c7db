import type { Warning } from "@drum/tensor";
import type { RemoteFile } from "./listing.ts";
import type { Retries } from "./retry.ts";

/** A download of one hub file into the cache. */
export interface Bringing {
	/** Repository and path, for messages. */
	what: string;
	file: RemoteFile;
	/** The file's bytes from `offset` up to, not including, `end`. */
	content: (offset: number, end?: number) => AsyncIterable<Uint8Array>;
	onBytes: (loaded: number) => void;
	/** Called once if another process or tab is already downloading the file. */
	onOther: () => void;
	onPause: NonNullable<Retries["onPause"]>;
	onWarning: ((warning: Warning) => void) | undefined;
	signal: AbortSignal | undefined;
}
