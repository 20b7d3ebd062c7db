import { open, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { GeneratedImage, ParametersForm, PictureFormat, PictureMark } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import { notWritten } from "@drum/tensor/node";
import { checkFolder, makeFolder } from "./output-folder.ts";

export interface SaveOptions {
	/** Replace files of the same name. */
	force?: boolean | undefined;
	/** How much the files tell of how they were made. */
	parameters?: ParametersForm | undefined;
	/** Whether they say that an AI model drew them. */
	sourceType?: boolean | undefined;
	/** Of JPEG and WebP. */
	quality?: number | undefined;
	/** Signs the files. */
	mark?: PictureMark | undefined;
	signal?: AbortSignal | undefined;
}

/** What `--picture-format` and `--quality` say. */
export interface FormatOptions {
	pictureFormat?: PictureFormat | undefined;
	quality?: number | undefined;
}

/** Where pictures go. */
export interface Target {
	folder: string;
	/** The file's name without its extension; undefined where the seed gives it. */
	stem: string | undefined;
	/** With its dot. */
	extension: string;
	format: PictureFormat;
}

const FORMATS: Readonly<Record<string, PictureFormat>> = {
	".png": "png",
	".jpg": "jpeg",
	".jpeg": "jpeg",
	".webp": "webp",
};

/**
 * Understands `--out`, a folder, or a file when it ends in `.png`, `.jpg`, `.jpeg` or `.webp`, and `--picture-format`.
 * @throws ArgumentError for another kind of picture, and for options that do not go together; FileError where nothing can be written.
 */
export async function checkTarget(out: string, { pictureFormat, quality }: FormatOptions = {}): Promise<Target> {
	const isFolder = (await stat(out).catch(() => undefined))?.isDirectory() ?? false;
	const ending = extname(out).toLowerCase();
	if (!isFolder && /^\.(gif|tiff?|bmp|avif)$/.test(ending)) {
		throw new ArgumentError({
			what: `--out ${out}`,
			expected: "a folder, or a file that ends in .png, .jpg, .jpeg or .webp",
			found: ending,
		});
	}
	const named = isFolder || /[/\\]$/.test(out) ? undefined : FORMATS[ending];
	const format = pictureFormat ?? named ?? "png";
	if (named && named !== format) {
		const expected = `a file of ${format}, as --picture-format says`;
		throw new ArgumentError({ what: `--out ${out}`, expected, found: extname(out), next: "Leave one of them out" });
	}
	if (quality !== undefined && format === "png") {
		const next = "Leave it out, or give --picture-format jpeg or webp";
		throw new ArgumentError({ what: `--quality ${quality}`, expected: "none for PNG, which keeps every pixel", next });
	}
	const folder = named ? dirname(out) : out;
	await checkFolder(folder);
	const extension = named ? extname(out) : format === "jpeg" ? ".jpg" : `.${format}`;
	return { folder, stem: named && basename(out, extname(out)), extension, format };
}

/**
 * Writes the pictures: `<seed>-<n>.png`, or the file asked for and, when there are more, `<name>-<n>.png`, or what the format calls it. A name that is
 * taken is passed over, unless `force` says to replace it.
 * @returns the files' paths
 * @throws FileError
 */
export async function saveImages(
	images: readonly GeneratedImage[],
	{ folder, stem, extension, format }: Target,
	seed: string,
	{ force = false, parameters, sourceType = true, quality, mark, signal }: SaveOptions,
): Promise<string[]> {
	await makeFolder(folder);
	const name = (n: number) => {
		if (stem === undefined) return `${seed}-${n}${extension}`;
		return n === 1 && images.length === 1 ? `${stem}${extension}` : `${stem}-${n}${extension}`;
	};
	const files: string[] = [];
	let n = 1;
	for (const image of images) {
		while (!force && !(await claim(join(folder, name(n))))) n++;
		const file = join(folder, name(n++));
		const options = {
			parameters,
			format,
			quality,
			mark,
			signal,
			...(!sourceType && ({ sourceType: "none" } as const)),
		};
		await image.save(file, options).catch(async (error: unknown) => {
			if (!force) await rm(file, { force: true });
			throw error;
		});
		files.push(file);
	}
	return files;
}

/**
 * Writes a contact sheet as `<seed>-alpha.png`, or `<name>-alpha.png`: a column for each α, a row for each picture of one α.
 * @returns the file's path, in a list
 * @throws FileError
 */
export async function saveSheet(
	pictures: readonly (readonly GeneratedImage[])[],
	alphas: readonly number[],
	target: Target,
	seed: string,
	options: SaveOptions,
): Promise<string[]> {
	const { contactSheet, GeneratedImage } = await import("@drum/pipeline");
	const rows = pictures[0]!.map((_, row) => pictures.map((column) => column[row]!));
	const sheet = contactSheet(rows, { labels: alphas.map((alpha) => `α=${alpha}`) });
	const { parameters, sourceType } = pictures.at(-1)![0]!;
	const { alpha, ...rest } = parameters;
	const image = new GeneratedImage(sheet, { ...rest, alphas }, sourceType);
	return saveImages([image], { ...target, stem: `${target.stem ?? seed}-alpha` }, seed, options);
}

/** Makes an empty file of this name, unless there is one: another process cannot then take it too. */
async function claim(path: string): Promise<boolean> {
	try {
		await (await open(path, "wx")).close();
		return true;
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw notWritten(path, "a place to write a picture", cause);
	}
}
