import type { Image } from "./image.ts";
import type { PngChunk } from "./png-chunks.ts";

/** Of a header: 8 bits a channel; red, green and blue; the only compression and filtering there is; rows in order. */
const FORM = [8, 2, 0, 0, 0];
const CHANNELS = 3;

/** A picture's chunks: header, pixels, end mark. */
export async function pixelChunks({ width, height, data }: Image): Promise<PngChunk[]> {
	const header = new Uint8Array(13);
	const view = new DataView(header.buffer);
	view.setUint32(0, width);
	view.setUint32(4, height);
	header.set(FORM, 8);
	const length = width * CHANNELS;
	// Before each row a byte says how it is filtered: 0, as it is.
	const rows = new Uint8Array(height * (length + 1));
	for (let y = 0; y < height; y++) rows.set(data.subarray(y * length, (y + 1) * length), y * (length + 1) + 1);
	return [
		{ type: "IHDR", data: header },
		{ type: "IDAT", data: await deflate(rows) },
		{ type: "IEND", data: new Uint8Array() },
	];
}

/** zlib's format. Node.js and browsers have it under this name, and compress off the main thread. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
	const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
	return new Uint8Array(await new Response(compressed).arrayBuffer());
}
