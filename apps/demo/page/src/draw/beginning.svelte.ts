import { base64Of, contextOf, type OpenedPicture, openPicture } from "./open-picture.ts";

/** A picture that the next ones begin from, and what of it is drawn anew. It stays in this tab, and goes with it. */
class Beginning {
	picture = $state.raw<OpenedPicture>();
	/** Above 0, to 1. */
	strength = $state(0.6);
	/** What is painted over the picture, of its size; opaque where it is drawn anew. */
	mask = $state.raw<HTMLCanvasElement>();

	/** @throws where the browser cannot read it. */
	async take(file: Blob): Promise<void> {
		const picture = await openPicture(file);
		this.clear();
		this.picture = picture;
	}

	/** Paints what is white in a picture of any size. */
	async takeMask(file: Blob): Promise<void> {
		const { mask } = this;
		if (!mask) return;
		const bitmap = await createImageBitmap(file);
		const context = contextOf(mask);
		context.globalCompositeOperation = "copy";
		context.drawImage(bitmap, 0, 0, mask.width, mask.height);
		context.globalCompositeOperation = "source-over";
		bitmap.close();
		change(mask, (red, green, blue, alpha) => ((red + green + blue) / 3) * (alpha / 255) >= 128);
	}

	clear(): void {
		if (this.picture) URL.revokeObjectURL(this.picture.url);
		this.picture = this.mask = undefined;
	}

	/** What a request brings of it. */
	async files(): Promise<{ image?: string; mask?: string; strength?: number }> {
		const { picture, mask, strength } = this;
		if (!picture) return {};
		const painted = mask && (await paintedOf(mask));
		return { image: await base64Of(picture.file), strength, ...(painted && { mask: await base64Of(painted) }) };
	}
}

/** Makes each pixel opaque, or nothing. */
function change(
	canvas: HTMLCanvasElement,
	isPainted: (red: number, green: number, blue: number, alpha: number) => boolean,
) {
	const context = contextOf(canvas);
	const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
	const { data } = pixels;
	for (let i = 0; i < data.length; i += 4) {
		const painted = isPainted(data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!);
		data.set([255, 255, 255, painted ? 255 : 0], i);
	}
	context.putImageData(pixels, 0, 0);
}

/** What is painted in white on black; undefined where nothing is. */
async function paintedOf(mask: HTMLCanvasElement): Promise<Blob | undefined> {
	const { data } = contextOf(mask).getImageData(0, 0, mask.width, mask.height);
	if (!data.some((value, i) => i % 4 === 3 && value >= 128)) return undefined;
	const canvas = Object.assign(document.createElement("canvas"), { width: mask.width, height: mask.height });
	const context = contextOf(canvas);
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.drawImage(mask, 0, 0);
	return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), "image/png"));
}

export const beginning = new Beginning();
