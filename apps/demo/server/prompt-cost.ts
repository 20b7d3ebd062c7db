import type { PicturesRequest } from "../api/index.ts";

/** Rows of a condition for a chunk of a prompt, and the fewest tokens with which a full one ends, at its last comma. */
const [ROWS, FEWEST] = [77, 55];
/** More are refused when the prompt is read. */
const MOST_CHUNKS = 64;
/** Pixels of a place in a picture that looks at each row: 16 × 16. */
const PLACE = 256;

/** Chunks that a request's prompts may be read in at most. Tokens are known to the worker alone; there are never more than bytes. */
export function chunksAtMost({ promptSyntax, prompt, negativePrompt = "" }: PicturesRequest): number {
	if (promptSyntax !== "a1111") return 1;
	const each = [prompt, negativePrompt].map(
		(text) => text.split("BREAK").length + Math.floor(Buffer.byteLength(text) / FEWEST),
	);
	return Math.min(Math.max(...each), MOST_CHUNKS);
}

/** How many times as much a picture of so many pixels costs, since it looks at the rows of so many chunks. */
export function promptCost(chunks: number, pixels: number): number {
	const places = pixels / PLACE;
	return (places + chunks * ROWS) / (places + ROWS);
}
