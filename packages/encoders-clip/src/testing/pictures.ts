import type { ImagePixels } from "../index.ts";

/** Gradients and edges, as tooling/golden/clip_vision.py draws them. */
export function picture(width: number, height: number, channels: number): ImagePixels {
	const data = new Uint8Array(width * height * channels);
	for (let i = 0; i < data.length; i++) {
		const c = i % channels;
		const x = Math.floor(i / channels) % width;
		const y = Math.floor(i / channels / width);
		const check = (Math.floor(x / 6) + Math.floor(y / 5)) % 2;
		data[i] = x * 5 + y * 3 + c * 40 + ((x * y) % 7) * 9 + check * 90;
	}
	return { width, height, data };
}
