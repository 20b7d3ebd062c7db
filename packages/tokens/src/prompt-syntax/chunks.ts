/** Ids of a stretch of a prompt that weighs alike; or a break. */
export interface WeightedIds {
	readonly ids: readonly number[];
	readonly weight: number;
	readonly isBreak: boolean;
}

/** Ids that an encoder reads at once, and how much each weighs. */
export interface Chunk {
	readonly ids: number[];
	readonly weights: number[];
}

/** So many ids behind a comma go to the next chunk with it, where they end the chunk. */
const BEHIND_COMMA = 20;

/**
 * A prompt in chunks of at most `room` ids. A break ends a chunk; so does the last comma of a full one, if no more than 20 ids stand
 * behind it, which then begin the next. There is at least one chunk. As A1111's web UI does it:
 * https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/sd_hijack_clip.py
 * @param comma the id of a comma; undefined where commas mean nothing
 */
export function chunksOf(parts: readonly WeightedIds[], room: number, comma?: number | undefined): Chunk[] {
	const chunks: Chunk[] = [];
	let chunk: Chunk = { ids: [], weights: [] };
	let lastComma = -1;
	const next = (from = chunk.ids.length) => {
		const rest = { ids: chunk.ids.splice(from), weights: chunk.weights.splice(from) };
		chunks.push(chunk);
		chunk = rest;
		lastComma = -1;
	};
	for (const { ids, weight, isBreak } of parts) {
		if (isBreak) next();
		for (const id of ids) {
			const { length } = chunk.ids;
			if (id === comma) lastComma = length;
			else if (length === room && lastComma !== -1 && length - lastComma <= BEHIND_COMMA) next(lastComma + 1);
			if (chunk.ids.length === room) next();
			chunk.ids.push(id);
			chunk.weights.push(weight);
		}
	}
	if (chunk.ids.length > 0 || chunks.length === 0) next();
	return chunks;
}
