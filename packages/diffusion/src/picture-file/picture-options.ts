import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";
import type { ParametersForm } from "../image-parameters.ts";
import { checkMarks, type PictureMark } from "./mark.ts";
import { checkFormat, type PictureFormat } from "./picture-format.ts";
import { type DigitalSourceType, SOURCE_TYPES } from "./source-type.ts";

/** How a picture becomes a PNG file. */
export interface PngOptions {
	/**
	 * How much the file tells of how the picture was made. Default `"shareable"`: what draws it again, without the user's earlier prompts
	 * and without paths. `"full"`: all of `parameters`. `"none"`: nothing.
	 */
	parameters?: ParametersForm | undefined;
	/**
	 * What the file says that the picture is, as IPTC's digital source type, in XMP. Default: the picture's own. `"none"` leaves the mark
	 * out; who shows such pictures to people may then have to mark them otherwise.
	 */
	sourceType?: DigitalSourceType | "none" | undefined;
	/** Watermarks and signatures, one after the other. Default none. */
	mark?: PictureMark | readonly PictureMark[] | undefined;
	/** Ends the call between two of its steps, and is given to marks. */
	signal?: AbortSignal | undefined;
}

/** How it becomes a JPEG or WebP file, which do not keep every pixel. */
export interface LossyOptions extends PngOptions {
	/** From 1 to 100. Default 90. */
	quality?: number | undefined;
}

export interface PictureFileOptions extends LossyOptions {
	/** Default `"png"`, which takes no `quality`. */
	format?: PictureFormat | undefined;
}

const NAMES = { parameters: true, sourceType: true, mark: true, signal: true } as const;
const PNG_NAMES = namesOf<PngOptions>(NAMES);
const LOSSY_NAMES = namesOf<LossyOptions>({ ...NAMES, quality: true });
const ALL_NAMES = namesOf<PictureFileOptions>({ ...NAMES, quality: true, format: true });

const QUALITY = 90;
/** Pixels along a side that the format can hold. */
const MOST_SIDE: Readonly<Record<PictureFormat, number>> = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 };

/** Names of the options that a call takes: for PNG alone, for JPEG or WebP, for any. */
export const OPTION_NAMES = { png: PNG_NAMES, lossy: LOSSY_NAMES, all: ALL_NAMES } as const;

/** @throws ArgumentError for an option that is not known or out of its range. */
export function checkOptions(what: string, options: PictureFileOptions, names: readonly string[], own?: PictureFormat) {
	checkNames(what, options, names);
	const { sourceType, quality, signal } = options;
	const format = own ?? (options.format === undefined ? "png" : checkFormat(options.format));
	const known: readonly unknown[] = [...SOURCE_TYPES, "none", undefined];
	if (!known.includes(sourceType)) {
		const expected = `one of ${[...SOURCE_TYPES, "none"].join(", ")}`;
		throw new ArgumentError({ what: "sourceType", expected, found: shown(sourceType) });
	}
	if (quality !== undefined && format === "png") {
		const next = "Leave it out, or write JPEG or WebP";
		throw new ArgumentError({
			what: "quality",
			expected: "none for PNG, which keeps every pixel",
			found: shown(quality),
			next,
		});
	}
	if (quality !== undefined && !(typeof quality === "number" && quality >= 1 && quality <= 100)) {
		throw new ArgumentError({ what: "quality", expected: "a number from 1 to 100", found: shown(quality) });
	}
	const marks = checkMarks(options.mark);
	signal?.throwIfAborted();
	return { format, quality: Math.round(quality ?? QUALITY), marks };
}

/** @throws ArgumentError for a picture that the format cannot hold. */
export function checkSide(format: PictureFormat, width: number, height: number): void {
	const most = MOST_SIDE[format];
	if (Math.max(width, height) <= most) return;
	const expected = `at most ${most} pixels along a side of a ${format} file`;
	throw new ArgumentError({ what: "image", expected, found: `${width} × ${height}` });
}
