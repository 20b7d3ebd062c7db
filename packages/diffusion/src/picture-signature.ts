/** How files of the formats begin that are read, in Latin-1; a dot is any byte. */
const BEGINNINGS = [
	/^\x89PNG\r\n/,
	/^\xff\xd8\xff/,
	/^RIFF....WEBP/s,
	/^GIF8[79]a/,
	// TIFF and its form for large files, of either order of bytes.
	/^(II[*+]\0|MM\0[*+])/,
	// AVIF and HEIF; which of them it is, their decoder says.
	/^....ftyp/s,
];

/**
 * Whether bytes begin as a picture does that is read. Other formats are not given to a decoder even for their header: an SVG is a program,
 * of which all is run for that.
 */
export function beginsAsPicture(bytes: Uint8Array): boolean {
	const start = String.fromCharCode(...bytes.subarray(0, 16));
	return BEGINNINGS.some((beginning) => beginning.test(start));
}
