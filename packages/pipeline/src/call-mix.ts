import type { ChunkLayout, Encoders, Mix, MixPart } from "@drum/peca";

/** T5's rows where neither a call, nor the opening, nor the model says otherwise: what the published adapter was trained with. */
export const ADAPTER_ROWS = 256;

/**
 * The mix of one call: `clipSkip` takes the hidden states of CLIP's encoders so many layers earlier, `rows` are those of T5, or of the
 * zeros that stand for it.
 */
export function callMix(mix: Mix, encoders: Encoders, rows: number, clipSkip = 0): Mix {
	const change = (part: MixPart): MixPart => {
		if ("zeros" in part) return { zeros: [rows, part.zeros[1]] };
		return encoders[part.encoder]?.hasClassRow ? { ...part, skip: part.skip - clipSkip } : part;
	};
	return { ...mix, promptEmbeds: mix.promptEmbeds.map((parts) => parts.map(change)) };
}

/** Rows of a condition, where T5's are so many; of prompts in chunks by their layout. */
export function rowsOf(mix: Mix, encoders: Encoders, rows: number, layout: ChunkLayout = {}): number {
	const own = mix.promptEmbeds.map(([part]) => {
		if (!part || "zeros" in part) return rows;
		const chunked = layout[part.encoder];
		if (chunked) return chunked.chunks * chunked.tokens;
		const encoder = encoders[part.encoder]!;
		return encoder.hasClassRow ? encoder.tokens : rows;
	});
	return own.reduce((sum, each) => sum + each, 0);
}

/** How many layers `clipSkip` can leave out at most; undefined where no CLIP encoder of the mix says how many it has. */
export function mostClipSkip(mix: Mix, encoders: Encoders): number | undefined {
	const room = mix.promptEmbeds.flat().flatMap((part) => {
		if ("zeros" in part) return [];
		const { layers, hasClassRow } = encoders[part.encoder]!;
		return hasClassRow && layers !== undefined ? [layers + 1 + part.skip] : [];
	});
	return room.length > 0 ? Math.min(...room) : undefined;
}
