/** The ids of a part of a prompt with one weight, or a break. */
export interface WeightedIds {
	readonly ids: readonly number[];
	readonly weight: number;
	readonly isBreak: boolean;
}

/** The ids that an encoder reads together, with their weights. */
export interface Chunk {
	readonly ids: number[];
	readonly weights: number[];
}

/** At most this many ids after the last comma of a full chunk move to the next one. */
const BEHIND_COMMA = 20;

/**
 * Splits a prompt into chunks of at most `room` ids. A break ends a chunk. A full chunk ends after its last comma, if at most 20 ids follow
 * it, and these begin the next chunk. There is at least one chunk. This mirrors A1111's web UI:
 * https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/sd_hijack_clip.py
 * @param comma the id of a comma; without it, chunks never end at commas
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
