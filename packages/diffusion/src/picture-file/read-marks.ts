import { type ImageParameters, parametersOfText } from "../image-parameters.ts";
import { PARAMETERS } from "./encode-picture.ts";
import { type OtherSettings, readOtherSettings } from "./other-programs.ts";
import { readPictureTexts } from "./read-parts.ts";
import { sourceTypeInXmp } from "./xmp.ts";

/** What a picture's file tells of how it came about. Others can write or take away any of it: it is no proof. */
export interface PictureMarks {
	/** "png", "jpeg", "webp"; in Node.js also "heif" (AVIF), "tiff", "gif". */
	readonly format: string;
	readonly width: number;
	readonly height: number;
	/** IPTC's digital source type: the term's name, such as `"trainedAlgorithmicMedia"`, or another text as it stands there. */
	readonly sourceType?: string | undefined;
	/** Whether it has a C2PA manifest, which `@drum/mark` reads and checks. Not looked for in AVIF, TIFF and GIF. */
	readonly manifest?: true | undefined;
	/** What draws it again, of a picture of this project. */
	readonly parameters?: ImageParameters | undefined;
	/** What another program for generated pictures tells. */
	readonly settings?: OtherSettings | undefined;
}

/**
 * Reads what a PNG, JPEG or WebP file tells; in Node.js also AVIF, TIFF and GIF. Signatures are read by `@drum/mark`.
 * @throws FileError for what is no picture, not a whole one, or has texts that are damaged or longer than 4 MB.
 */
export async function readPictureMarks(bytes: Uint8Array): Promise<PictureMarks> {
	const picture = await readPictureTexts(bytes);
	const { format, width, height } = picture;
	const xmp = await picture.xmp();
	const sourceType = xmp === undefined ? undefined : sourceTypeInXmp(xmp);
	const parameters = parametersOfText(await picture.text(PARAMETERS));
	const settings = parameters ? undefined : await readOtherSettings(picture);
	return {
		...{ format, width, height },
		...(sourceType !== undefined && { sourceType }),
		...(picture.manifest && { manifest: true as const }),
		...(parameters && { parameters }),
		...(settings && { settings }),
	};
}
