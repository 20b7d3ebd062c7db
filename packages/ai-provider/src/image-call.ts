import { type ImageModelV4CallOptions, type SharedV4Warning, UnsupportedFunctionalityError } from "@ai-sdk/provider";
import { ArgumentError, shown } from "@drum/tensor";

/** What every model here is asked, from what `generateImage` hands over. */
export interface ImageCall {
	prompt: string;
	/** In pixels; none: the model's own. */
	side: { width: number; height: number } | undefined;
	warnings: SharedV4Warning[];
}

/**
 * Checks what is the same for all models.
 * @throws UnsupportedFunctionalityError for pictures to be edited; ArgumentError
 */
export function readCall({ prompt, files, mask, size, aspectRatio }: ImageModelV4CallOptions): ImageCall {
	if ((files !== undefined && files.length > 0) || mask !== undefined) {
		const message = "Image editing is not supported: these models draw from a prompt alone. Leave images and mask out.";
		throw new UnsupportedFunctionalityError({ functionality: "image editing", message });
	}
	if (prompt === undefined) throw new ArgumentError({ what: "prompt", expected: "a text", found: "none" });
	const warnings: SharedV4Warning[] = [];
	if (aspectRatio !== undefined)
		warnings.push({ type: "unsupported", feature: "aspectRatio", details: "It has no effect: give a size instead" });
	return { prompt, side: size === undefined ? undefined : sideOf(size), warnings };
}

function sideOf(size: string): { width: number; height: number } {
	const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
	if (width !== undefined && height !== undefined) return { width: Number(width), height: Number(height) };
	throw new ArgumentError({
		what: "size",
		expected: 'width and height in pixels, such as "512x512"',
		found: shown(size),
	});
}

/** Warnings of a model, each once, as the AI SDK has them. */
export function toldWarnings(warnings: readonly { message: string }[]): SharedV4Warning[] {
	return [...new Set(warnings.map(({ message }) => message))].map((message) => ({ type: "other", message }));
}
