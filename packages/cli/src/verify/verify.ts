import type { ManifestReport } from "@drum/mark";
import type { PictureMarks } from "@drum/pipeline";
import { isMissing, mark } from "../evaluation/packages.ts";
import { named, readPicture } from "./read-marks.ts";

/** What `drum verify` found. */
export interface VerifyReport extends PictureMarks {
	name: string;
	/** Whether it says anything of where it comes from. */
	marked: boolean;
	/** Its C2PA manifest, where @drum/mark is installed. */
	c2pa?: ManifestReport;
}

/**
 * Reads what a picture's file says of where it comes from. `trust` is a PEM file of the authorities that are trusted.
 * @throws FileError where it cannot be read, is larger than 256 MB, is no whole picture, or has a manifest that cannot be read;
 * ArgumentError for a `trust` without certificates, or where @drum/mark is not installed for one
 */
export async function verify(path: string, trust?: string): Promise<VerifyReport> {
	const signatures = await library(trust !== undefined);
	const bytes = await readPicture(path);
	const { readPictureMarks } = await import("@drum/pipeline");
	const marks = await named(path, readPictureMarks(bytes));
	const reading = signatures && (marks.manifest || trust !== undefined) && signatures.readManifest(bytes, { trust });
	const c2pa = reading ? await named(path, reading) : undefined;
	const { sourceType, parameters, settings, manifest } = marks;
	const found: readonly unknown[] = [sourceType, parameters, settings, manifest];
	return { name: path, marked: found.some((each) => each !== undefined), ...marks, ...(c2pa && { c2pa }) };
}

/** @throws ArgumentError where it is needed, and not installed */
async function library(needed: boolean): Promise<typeof import("@drum/mark") | undefined> {
	try {
		return await mark();
	} catch (error) {
		if (needed || !isMissing("@drum/mark", (error as Error).cause)) throw error;
		return undefined;
	}
}
