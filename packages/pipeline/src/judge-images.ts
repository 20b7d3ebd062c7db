import { GeneratedImage, type Image } from "@drum/diffusion";
import { ArgumentError, shown, type Warning } from "@drum/tensor";
import type { GenerateOptions } from "./options.ts";

/** The pictures after `onImage`, in their order. */
export async function judgeImages(
	images: readonly GeneratedImage[],
	{ onImage, signal }: GenerateOptions,
): Promise<{ images: GeneratedImage[]; warnings: Warning[] }> {
	const judged: GeneratedImage[] = [];
	const warnings: Warning[] = [];
	for (const [i, image] of images.entries()) {
		const verdict = (await onImage?.(image, i)) ?? "keep";
		signal?.throwIfAborted();
		if (verdict === "keep") judged.push(image);
		else if (verdict === "refuse") {
			const black = { ...sizeOf(image), data: new Uint8Array(image.data.length) };
			judged.push(new GeneratedImage(black, image.parameters, image.sourceType));
			const what = `picture ${i + 1} of ${images.length}`;
			const message = `onImage refused ${what}, so it is black. Draw it with another seed or prompt.`;
			warnings.push({ code: "picture-refused", what, message });
		} else judged.push(new GeneratedImage(checkPicture(verdict), image.parameters, image.sourceType));
	}
	return { images: judged, warnings };
}

function sizeOf({ width, height }: Image): Pick<Image, "width" | "height"> {
	return { width, height };
}

/** @throws ArgumentError */
function checkPicture(verdict: Image): Image {
	const { width, height, data } = (verdict ?? {}) as Partial<Image>;
	const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width! > 0 && height! > 0;
	if (whole && data instanceof Uint8Array && data.length === width! * height! * 3) return verdict;
	throw new ArgumentError({
		what: "what onImage returns",
		expected: '"keep", "refuse", or a picture { width, height, data } of 3 bytes a pixel',
		found: typeof verdict === "object" ? `${width} × ${height} with ${shown(data?.length)} bytes` : shown(verdict),
	});
}
