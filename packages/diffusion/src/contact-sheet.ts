import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";
import type { Image } from "./image.ts";

export interface ContactSheetOptions {
	/** Above each column: digits, `.`, `-`, `=` and `α`. Default none. */
	labels?: readonly string[] | undefined;
	/** Pixels between pictures, and around them. Default 8. */
	gap?: number | undefined;
}

const OPTIONS = namesOf<ContactSheetOptions>({ labels: true, gap: true });

const CHANNELS = 3;
/** Small pictures are shown in whole multiples of their size, about this wide. */
const CELL = 128;
/** Rows of a letter, three bits each. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
	"0": [7, 5, 5, 5, 7],
	"1": [2, 6, 2, 2, 7],
	"2": [7, 1, 7, 4, 7],
	"3": [7, 1, 3, 1, 7],
	"4": [5, 5, 7, 1, 1],
	"5": [7, 4, 7, 1, 7],
	"6": [7, 4, 7, 5, 7],
	"7": [7, 1, 1, 2, 2],
	"8": [7, 5, 7, 5, 7],
	"9": [7, 5, 7, 1, 7],
	".": [0, 0, 0, 0, 2],
	"-": [0, 0, 7, 0, 0],
	"=": [0, 7, 0, 7, 0],
	α: [0, 3, 5, 5, 3],
	" ": [0, 0, 0, 0, 0],
};
const [LETTER_WIDTH, LETTER_HEIGHT] = [3, 5];
/** Pixels of a letter's pixel. */
const POINT = 3;

/**
 * Pictures of one size in rows and columns on white, as one picture: to compare, not to keep.
 * @throws ArgumentError where there is none, where sizes differ, or for a label with other letters.
 */
export function contactSheet(rows: readonly (readonly Image[])[], options: ContactSheetOptions = {}): Image {
	checkNames("contactSheet", options, OPTIONS);
	const { labels = [], gap = 8 } = options;
	const [first] = rows.flat();
	if (!first) throw new ArgumentError({ what: "rows", expected: "at least one picture", found: "none" });
	for (const { width, height } of rows.flat()) {
		if (width === first.width && height === first.height) continue;
		const expected = `pictures of one size, ${first.width} × ${first.height}`;
		throw new ArgumentError({ what: "rows", expected, found: `one of ${width} × ${height}` });
	}
	const scale = Math.max(1, Math.round(CELL / first.width));
	const [cellWidth, cellHeight] = [first.width * scale + gap, first.height * scale + gap];
	const top = labels.length > 0 ? LETTER_HEIGHT * POINT + gap : 0;
	const columns = Math.max(...rows.map((row) => row.length));
	const sheet = blank(columns * cellWidth + gap, rows.length * cellHeight + gap + top);
	for (const [column, label] of labels.entries()) write(sheet, label, gap + column * cellWidth, gap);
	for (const [row, images] of rows.entries()) {
		for (const [column, image] of images.entries()) {
			place(sheet, image, gap + column * cellWidth, gap + top + row * cellHeight, scale);
		}
	}
	return sheet;
}

function blank(width: number, height: number): Image {
	return { width, height, data: new Uint8Array(width * height * CHANNELS).fill(255) };
}

/** Each pixel `scale` times in both directions. */
function place(sheet: Image, { width, height, data }: Image, left: number, top: number, scale: number): void {
	for (let y = 0; y < height * scale; y++) {
		for (let x = 0; x < width * scale; x++) {
			const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * CHANNELS;
			sheet.data.set(data.subarray(from, from + CHANNELS), ((top + y) * sheet.width + left + x) * CHANNELS);
		}
	}
}

function write(sheet: Image, label: string, left: number, top: number): void {
	for (const [at, letter] of [...label].entries()) {
		const rows = LETTERS[letter];
		if (!rows) {
			const expected = `the letters ${Object.keys(LETTERS).join("")}`;
			throw new ArgumentError({ what: "labels", expected, found: shown(label) });
		}
		const data = Uint8Array.from({ length: LETTER_HEIGHT * LETTER_WIDTH * CHANNELS }, (_, i) => {
			const [row, column] = [Math.floor(i / CHANNELS / LETTER_WIDTH), Math.floor(i / CHANNELS) % LETTER_WIDTH];
			return (rows[row]! >> (LETTER_WIDTH - 1 - column)) & 1 ? 0 : 255;
		});
		const from = left + at * (LETTER_WIDTH + 1) * POINT;
		if (from + LETTER_WIDTH * POINT > sheet.width) return;
		place(sheet, { width: LETTER_WIDTH, height: LETTER_HEIGHT, data }, from, top, POINT);
	}
}
