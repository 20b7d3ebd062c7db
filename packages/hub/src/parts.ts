import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface Part {
	part: string;
	/** In bytes. */
	size: number;
}

/**
 * A part's name belongs to this package and is new for each run, because huggingface_hub appends to `<blob>.incomplete` without checking
 * our lock, and two writers would damage the file.
 */
function newPart(blob: string): string {
	return `${blob}.drum-${randomBytes(4).toString("hex")}.incomplete`;
}

/** The largest part of a blob that earlier runs, or another process, have downloaded. */
export async function largestPart(blob: string): Promise<Part | undefined> {
	return (await parts(blob))[0];
}

/**
 * Takes over the largest part of at most `most` bytes that an earlier run left, under a new name, and removes the others. Only the holder
 * of the blob's lock may call this. A process that still writes to one of them will find it missing when it moves it.
 */
export async function claimPart(blob: string, most: number): Promise<Part> {
	const part = newPart(blob);
	let size = 0;
	for (const left of await parts(blob)) {
		if (size === 0 && left.size > 0 && left.size <= most) {
			const taken = await rename(left.part, part).then(
				() => true,
				() => false,
			);
			if (taken) size = left.size;
		} else {
			await rm(left.part, { force: true });
		}
	}
	return { part, size };
}

/** Largest first. */
async function parts(blob: string): Promise<Part[]> {
	const names = (await readdir(dirname(blob)).catch(() => [])).filter(
		(name) => name.startsWith(`${basename(blob)}.drum-`) && name.endsWith(".incomplete"),
	);
	const found = await Promise.all(
		names.map(async (name): Promise<Part[]> => {
			const part = join(dirname(blob), name);
			const info = await stat(part).catch(() => undefined);
			return info?.isFile() ? [{ part, size: info.size }] : [];
		}),
	);
	return found.flat().sort((a, b) => b.size - a.size);
}
