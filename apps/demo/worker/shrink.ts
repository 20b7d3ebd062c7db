import type { Image } from "@drum/pipeline";

/** A picture in at most so many pixels along each side, each the mean of a block: previews are made at many steps, and sent to who watches. */
export function shrink(image: Image, most: number): Image {
	const block = Math.ceil(Math.max(image.width, image.height) / most);
	if (block <= 1) return image;
	const [across, down] = [Math.min(block, image.width), Math.min(block, image.height)];
	const [width, height] = [Math.floor(image.width / across), Math.floor(image.height / down)];
	const sums = new Float64Array(3 * width * height);
	for (let y = 0; y < height * down; y++) {
		for (let x = 0; x < width * across; x++) {
			const [from, to] = [3 * (y * image.width + x), 3 * (Math.floor(y / down) * width + Math.floor(x / across))];
			for (let colour = 0; colour < 3; colour++) sums[to + colour]! += image.data[from + colour]!;
		}
	}
	return { width, height, data: Uint8Array.from(sums, (sum) => Math.round(sum / (across * down))) };
}
