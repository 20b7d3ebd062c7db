import type { ChunkLayout, Encoders, Mix, MixPart } from "@drum/peca";

/** T5's default rows, which the published adapter was trained with. */
export const ADAPTER_ROWS = 256;

/**
 * The mix of one call. `clipSkip` is the number of layers by which CLIP's hidden states are taken earlier. `rows` is the number of rows of T5, or of
 * the zeros that replace it.
 */
export function callMix(mix: Mix, encoders: Encoders, rows: number, clipSkip = 0): Mix {
	const change = (part: MixPart): MixPart => {
		if ("zeros" in part) return { zeros: [rows, part.zeros[1]] };
		return encoders[part.encoder]?.hasClassRow ? { ...part, skip: part.skip - clipSkip } : part;
	};
	return { ...mix, promptEmbeds: mix.promptEmbeds.map((parts) => parts.map(change)) };
}

/** Rows of a condition with this number of T5's rows. For prompts in chunks, `layout` counts. */
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

/** The largest `clipSkip`. Undefined if no CLIP encoder of the mix has a number of layers. */
export function mostClipSkip(mix: Mix, encoders: Encoders): number | undefined {
	const room = mix.promptEmbeds.flat().flatMap((part) => {
		if ("zeros" in part) return [];
		const { layers, hasClassRow } = encoders[part.encoder]!;
		return hasClassRow && layers !== undefined ? [layers + 1 + part.skip] : [];
	});
	return room.length > 0 ? Math.min(...room) : undefined;
}
