import {
	type ImageModelV4CallOptions,
	type ImageModelV4File,
	type SharedV4Warning,
	UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { convertBase64ToUint8Array } from "@ai-sdk/provider-utils";
import { ArgumentError, shown } from "@drum/tensor";

/** What every model here is asked, from what `generateImage` hands over. */
export interface ImageCall {
	prompt: string;
	/** In pixels; none: the model's own. */
	side: { width: number; height: number } | undefined;
	/** The picture to begin from, and what of it is drawn anew: white. */
	pictures: { image?: Uint8Array | undefined; mask?: Uint8Array | undefined };
	warnings: SharedV4Warning[];
}

/**
 * Checks what is the same for all models.
 * @throws UnsupportedFunctionalityError for several pictures, or one that is elsewhere; ArgumentError
 */
export function readCall({ prompt, files, mask, size, aspectRatio }: ImageModelV4CallOptions): ImageCall {
	const [image, ...others] = files ?? [];
	if (others.length > 0) {
		const message = "These models begin from one picture. Leave the other images out.";
		throw new UnsupportedFunctionalityError({ functionality: "several images", message });
	}
	if (mask && !image) throw new ArgumentError({ what: "mask", expected: "an image beside it", found: "none" });
	if (prompt === undefined) throw new ArgumentError({ what: "prompt", expected: "a text", found: "none" });
	const warnings: SharedV4Warning[] = [];
	if (aspectRatio !== undefined)
		warnings.push({ type: "unsupported", feature: "aspectRatio", details: "It has no effect: give a size instead" });
	const pictures = { image: image && bytesOf(image), mask: mask && bytesOf(mask) };
	return { prompt, side: size === undefined ? undefined : sideOf(size), pictures, warnings };
}

function bytesOf(file: ImageModelV4File): Uint8Array {
	if (file.type === "url") {
		const message = "Pictures are not fetched from elsewhere. Give the picture's bytes.";
		throw new UnsupportedFunctionalityError({ functionality: "image URLs", message });
	}
	return typeof file.data === "string" ? convertBase64ToUint8Array(file.data) : file.data;
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
