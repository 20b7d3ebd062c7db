/** What a picture's file holds beside its pixels, as far as it is read here. */
export interface FileParts {
	readonly width: number;
	readonly height: number;
	/** A packet in UTF-8. */
	readonly xmp?: Uint8Array | undefined;
	/** EXIF data, as a TIFF file. */
	readonly exif?: Uint8Array | undefined;
	/** Whether it has a C2PA manifest, whatever that is worth; undefined where that is not looked for. */
	readonly manifest?: boolean | undefined;
	/** Texts by their keywords, the first of each. */
	readonly texts: readonly (readonly [keyword: string, text: string])[];
}

/** Chunks of a file: no program writes more, and each takes more memory than its 8 or 12 bytes. */
export const MOST_CHUNKS = 100_000;
