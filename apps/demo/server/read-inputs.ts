import { pictureSize } from "@drum/pipeline";
import { DrumError } from "@drum/tensor";
import { type JobOrder, type JobRequest, MOST_IMAGE_PIXELS, MOST_IMAGE_SIDE } from "../api/index.ts";
import type { Input } from "../store/inputs.ts";
import { invalid } from "./refusal.ts";

const NAMES = ["image", "mask"] as const;

/**
 * Takes the files out of what a client asks for: a request that tells their sizes alone, and the files. Only their headers are read here;
 * pixels are the worker's.
 * @throws Refusal for what is no picture, or has too many pixels
 */
export async function readInputs(order: JobOrder): Promise<{ request: JobRequest; inputs: Input[] }> {
	if (order.kind !== "pictures") return { request: order, inputs: [] };
	const { image, mask, ...request } = order;
	const texts = { image, mask };
	const inputs: Input[] = [];
	const sizes: Partial<Record<Input["name"], { width: number; height: number }>> = {};
	for (const name of NAMES) {
		const text = texts[name];
		if (text === undefined) continue;
		const file = Buffer.from(text, "base64");
		sizes[name] = await checkPicture(file, name);
		inputs.push({ name, file });
	}
	return { request: { ...request, ...sizes }, inputs };
}

/**
 * The size of a picture's file, by its header alone.
 * @param name the field that it is of
 * @throws Refusal for what is no picture, or has too many pixels
 */
export async function checkPicture(file: Uint8Array, name: string): Promise<{ width: number; height: number }> {
	const size = await pictureSize(file, name).catch((error: unknown) => {
		throw DrumError.is(error) ? invalid([{ at: `/${name}`, message: error.message }]) : error;
	});
	const isShort = Math.max(size.width, size.height) <= MOST_IMAGE_SIDE;
	if (isShort && size.width * size.height <= MOST_IMAGE_PIXELS) return size;
	const most = isShort ? `${MOST_IMAGE_PIXELS / 1e6} million pixels` : `${MOST_IMAGE_SIDE} pixels along each side`;
	const message = `expected at most ${most}, found ${size.width} × ${size.height}`;
	throw invalid([{ at: `/${name}`, message }]);
}
