/** Pixels, rows from the top, a byte for each channel: 1 grey, 2 grey and alpha, 3 red, green and blue, 4 with alpha after them. */
export interface RawPicture {
	readonly width: number;
	readonly height: number;
	/** Default: as many as there are bytes for each pixel. */
	readonly channels?: 1 | 2 | 3 | 4 | undefined;
	/** `width · height · channels` bytes. */
	readonly data: Uint8Array | Uint8ClampedArray;
}
