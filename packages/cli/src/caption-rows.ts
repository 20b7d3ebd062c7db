import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import type { HistoryItem, HistoryRow } from "@drum/peca";
import { ArgumentError, FileError } from "@drum/tensor";
import { checkInside } from "@drum/tensor/node";
import { openCaptioner, tellCaption } from "./captioner.ts";
import type { CaptionerChoice } from "./options/history.ts";
import type { Progress } from "./progress.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Gives the pictures of a history's file prompts, and says which. Their paths are relative to the file, and lead out of its folder
 * neither by themselves nor by a link: whoever wrote the file must not have other pictures read.
 * @param file the history's, or `-` for stdin, of which they are relative to the current folder
 * @throws FileError for a path that leads elsewhere or cannot be read; ArgumentError for what is no picture, and for one that only a
 * captioner could tell of; what the captioner throws.
 */
export async function captionRows(
	rows: readonly HistoryRow[],
	file: string,
	captioner: CaptionerChoice | undefined,
	around: Pick<Surroundings, "env" | "signal">,
	progress: Progress,
): Promise<HistoryItem[]> {
	const lacking = rows.filter(({ prompt }) => prompt === undefined);
	if (lacking.length === 0) return rows as HistoryItem[];
	const folder = file === "-" ? "." : dirname(file);
	for (const { image } of lacking) await checkPicturePath(folder, image!, file);
	const { captionHistory } = await import("@drum/captions");
	const { FolderCaptionCache } = await import("@drum/captions/node");
	const held = captioner && (await openCaptioner(captioner, around));
	try {
		const liked = rows.map((row) => (row.prompt === undefined ? { ...row, image: join(folder, row.image!) } : row));
		const { signal } = around;
		const { history, warnings } = await captionHistory(liked, {
			...{ captioner: held, cache: new FolderCaptionCache(), signal },
			onProgress: (done, total) => progress.show("captions", done, total),
		});
		progress.warn(warnings);
		for (const [row, item] of history.entries())
			if (rows[row]!.prompt === undefined) tellCaption(item, rows[row]!.image!, progress);
		return history;
	} catch (error) {
		const lacks = error instanceof ArgumentError && error.expected?.includes("captioner") && !held;
		if (!lacks) throw error;
		const next = "Give a --captioner, or write prompts with drum caption and look at them before";
		throw new ArgumentError({ what: error.what, expected: error.expected!, found: error.found!, next, cause: error });
	} finally {
		await held?.[Symbol.asyncDispose]?.();
	}
}

/**
 * Checks a picture's path that a file names: it is relative to the file, and leads out of its folder neither by itself nor by a link.
 * @throws FileError
 */
export async function checkPicturePath(folder: string, image: string, file: string): Promise<void> {
	const path = normalize(image);
	if (isAbsolute(image) || path === ".." || path.startsWith(`..${sep}`) || /^[a-z][a-z+.-]+:/i.test(image)) {
		const next = "Put the picture beside the history, or write its prompt into the row";
		throw new FileError({
			what: `image ${image} of ${file}`,
			expected: "a path within its folder",
			found: "another",
			next,
		});
	}
	await checkInside(folder, path);
}
