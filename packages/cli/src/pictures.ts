import { open, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { GeneratedImage, ParametersForm } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import { notWritten } from "@drum/tensor/node";
import { checkFolder, makeFolder } from "./output-folder.ts";

export interface SaveOptions {
	/** Replace files of the same name. */
	force?: boolean | undefined;
	/** How much the files tell of how they were made. */
	parameters?: ParametersForm | undefined;
}

/** Where pictures go. */
export interface Target {
	folder: string;
	/** The file's name without `.png`; undefined where the seed gives it. */
	stem: string | undefined;
}

/**
 * Understands `--out`: a folder, or a file when it ends in `.png`.
 * @throws ArgumentError for another kind of picture; FileError where nothing can be written.
 */
export async function checkTarget(out: string): Promise<Target> {
	const isFolder = (await stat(out).catch(() => undefined))?.isDirectory() ?? false;
	const extension = extname(out).toLowerCase();
	if (!isFolder && /^\.(jpe?g|webp|gif|tiff?|bmp|avif)$/.test(extension)) {
		throw new ArgumentError({
			what: `--out ${out}`,
			expected: "a folder, or a file that ends in .png",
			found: extension,
		});
	}
	const file = !isFolder && extension === ".png" && !/[/\\]$/.test(out);
	const folder = file ? dirname(out) : out;
	await checkFolder(folder);
	return { folder, stem: file ? basename(out, extname(out)) : undefined };
}

/**
 * Writes the pictures: `<seed>-<n>.png`, or the file asked for and, when there are more, `<name>-<n>.png`. A name that is
 * taken is passed over, unless `force` says to replace it.
 * @returns the files' paths
 * @throws FileError
 */
export async function saveImages(
	images: readonly GeneratedImage[],
	{ folder, stem }: Target,
	seed: string,
	{ force = false, parameters }: SaveOptions,
): Promise<string[]> {
	await makeFolder(folder);
	const name = (n: number) => {
		if (stem === undefined) return `${seed}-${n}.png`;
		return n === 1 && images.length === 1 ? `${stem}.png` : `${stem}-${n}.png`;
	};
	const files: string[] = [];
	let n = 1;
	for (const image of images) {
		while (!force && !(await claim(join(folder, name(n))))) n++;
		const file = join(folder, name(n++));
		await image.save(file, { parameters }).catch(async (error: unknown) => {
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
	{ folder, stem }: Target,
	seed: string,
	options: SaveOptions,
): Promise<string[]> {
	const { contactSheet, GeneratedImage } = await import("@drum/pipeline");
	const rows = pictures[0]!.map((_, row) => pictures.map((column) => column[row]!));
	const sheet = contactSheet(rows, { labels: alphas.map((alpha) => `α=${alpha}`) });
	const { alpha, ...rest } = pictures.at(-1)![0]!.parameters;
	const image = new GeneratedImage(sheet, { ...rest, alphas });
	return saveImages([image], { folder, stem: `${stem ?? seed}-alpha` }, seed, options);
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
