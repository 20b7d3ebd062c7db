/** Under this tag of EXIF a picture's comment stands, and where other tools for generated pictures put their parameters. */
const USER_COMMENT = 0x9286;
/** Where IFD0 says that EXIF's own directory lies. */
const EXIF_DIRECTORY = 0x8769;
/** Bytes before a directory's entries, of an entry, and of a character set's name before a comment. */
const [COUNT, ENTRY, CHARSET] = [2, 12, 8];
/** No directory of a camera has more. */
const MOST_ENTRIES = 1000;

/** Types of values: numbers of 32 bits, and bytes without meaning. */
const [LONG, UNDEFINED] = [4, 7];

/** EXIF data, as a TIFF file, whose only value is this comment, in UTF-16, as A1111's web UI writes it. */
export function exifComment(text: string): Uint8Array {
	const directory = 8 + COUNT + ENTRY + 4;
	const value = directory + COUNT + ENTRY + 4;
	const bytes = new Uint8Array(value + CHARSET + text.length * 2);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, 0x4d4d002a);
	view.setUint32(4, 8);
	const entry = (at: number, tag: number, type: number, count: number, content: number) => {
		view.setUint16(at, 1);
		view.setUint16(at + 2, tag);
		view.setUint16(at + 4, type);
		view.setUint32(at + 6, count);
		view.setUint32(at + 10, content);
	};
	entry(8, EXIF_DIRECTORY, LONG, 1, directory);
	entry(directory, USER_COMMENT, UNDEFINED, CHARSET + text.length * 2, value);
	bytes.set(new TextEncoder().encode("UNICODE\0"), value);
	for (let i = 0; i < text.length; i++) view.setUint16(value + CHARSET + i * 2, text.charCodeAt(i));
	return bytes;
}

/** The comment in EXIF data, in whichever order of bytes and character set; undefined where there is none, or it is damaged. */
export function readExifComment(exif: Uint8Array): string | undefined {
	const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
	if (exif.length < 8) return undefined;
	const little = view.getUint16(0) === 0x4949;
	const own = findEntry(view, view.getUint32(4, little), EXIF_DIRECTORY, little);
	if (own === undefined) return undefined;
	const comment = findEntry(view, view.getUint32(own + 8, little), USER_COMMENT, little);
	if (comment === undefined) return undefined;
	const length = view.getUint32(comment + 4, little);
	const from = view.getUint32(comment + 8, little);
	if (length <= CHARSET || from + length > exif.length) return undefined;
	return decode(exif.subarray(from, from + CHARSET), exif.subarray(from + CHARSET, from + length), little);
}

/** Where the entry of a tag lies. */
function findEntry(view: DataView, directory: number, tag: number, little: boolean): number | undefined {
	if (directory + COUNT > view.byteLength) return undefined;
	const count = Math.min(view.getUint16(directory, little), MOST_ENTRIES);
	for (let i = 0; i < count; i++) {
		const at = directory + COUNT + i * ENTRY;
		if (at + ENTRY > view.byteLength) return undefined;
		if (view.getUint16(at, little) === tag) return at;
	}
	return undefined;
}

function decode(charset: Uint8Array, text: Uint8Array, little: boolean): string {
	if (String.fromCharCode(...charset) !== "UNICODE\0") return new TextDecoder().decode(text).replace(/\0+$/, "");
	// Programs differ over whether the order of bytes is that of the file: that of the first character tells.
	const [first, second] = text;
	const order = first === 0 && second !== 0 ? "utf-16be" : first !== 0 && second === 0 ? "utf-16le" : undefined;
	return new TextDecoder(order ?? (little ? "utf-16le" : "utf-16be")).decode(text).replace(/\0+$/, "");
}
