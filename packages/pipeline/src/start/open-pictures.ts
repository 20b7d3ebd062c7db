import { openPicture, type PictureInput } from "@drum/diffusion";
import type { GenerateOptions } from "../options.ts";

/** The colour behind transparent pixels: white for a picture, and black for a mask, where the picture stays. */
const BEHIND = { image: 255, mask: 0 };

/**
 * The options with their pictures read, in red, green and blue.
 * @throws what `openPicture` throws, with the option's name
 */
export async function openPictures(options: GenerateOptions): Promise<GenerateOptions> {
	const given = Object.entries(BEHIND).filter(([name]) => options?.[name as keyof typeof BEHIND] !== undefined);
	if (given.length === 0) return options;
	const opened = given.map(async ([name, behind]) => {
		const value = options[name as keyof typeof BEHIND]!;
		return [
			name,
			Array.isArray(value)
				? await openAll(value, name, behind)
				: await openPicture(value as PictureInput, name, behind),
		];
	});
	return { ...options, ...Object.fromEntries(await Promise.all(opened)) };
}

function openAll(pictures: readonly PictureInput[], name: string, behind: number) {
	return Promise.all(pictures.map((picture, i) => openPicture(picture, `${name} ${i + 1}`, behind)));
}
