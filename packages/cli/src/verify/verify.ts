import type { PictureMarks } from "@drum/pipeline";
import { named, readPicture } from "./read-marks.ts";

/** What `drum verify` found. */
export interface VerifyReport extends PictureMarks {
	name: string;
	/** Whether it says anything of where it comes from. */
	marked: boolean;
}

/**
 * Reads what a picture's file says of where it comes from.
 * @throws FileError where it cannot be read, is larger than 256 MB, or is no whole picture
 */
export async function verify(path: string): Promise<VerifyReport> {
	const bytes = await readPicture(path);
	const { readPictureMarks } = await import("@drum/pipeline");
	const marks = await named(path, readPictureMarks(bytes));
	const { sourceType, parameters, settings, manifest } = marks;
	const found: readonly unknown[] = [sourceType, parameters, settings, manifest];
	return { name: path, marked: found.some((each) => each !== undefined), ...marks };
}
