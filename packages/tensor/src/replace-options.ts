// By itself: types that browsers have too may not lead to those of Node.js.

export interface ReplaceFileOptions {
	/** Who may read and write the file. Default 0o666, less what the process's umask takes away. */
	mode?: number | undefined;
}
