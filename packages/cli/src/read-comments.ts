import { dirname, join } from "node:path";
import type { CommentedPicture } from "@drum/captions";
import { FileError, parseJson, shown } from "@drum/tensor";
import { LARGEST_TEXT, readTextFile } from "@drum/tensor/node";
import * as z from "zod";
import { checkPicturePath } from "./caption-rows.ts";

const ROW = z.object({ image: z.string().min(1), comment: z.string().trim().min(1) });

/**
 * Reads comments on pictures, JSONL of `{image, comment}`. Paths are relative to the file and stay within its folder.
 * @throws FileError for a line that is malformed, naming it, and for a path that leads elsewhere.
 */
export async function readComments(file: string): Promise<CommentedPicture[]> {
	const text = await readTextFile(file, { most: LARGEST_TEXT });
	const folder = dirname(file);
	const comments: CommentedPicture[] = [];
	for (const [i, line] of text.split(/\r?\n/).entries()) {
		if (line.trim() === "") continue;
		const { image, comment } = rowOf(line, `${file}, line ${i + 1}`);
		await checkPicturePath(folder, image, file);
		comments.push({ image: join(folder, image), comment });
	}
	return comments;
}

function rowOf(line: string, what: string): z.infer<typeof ROW> {
	let row: unknown;
	try {
		row = parseJson(line);
	} catch (cause) {
		throw malformed(what, "no JSON", cause);
	}
	const { data, error } = ROW.safeParse(row);
	if (data) return data;
	throw malformed(what, shown(row), error);
}

function malformed(what: string, found: string, cause: unknown): FileError {
	return new FileError({ what, expected: '{"image": "a.jpg", "comment": "…"}', found, cause });
}
