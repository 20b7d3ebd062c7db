import type { BlockKind } from "./block-names.ts";
import type { UNetConfig } from "./config-schema.ts";

export type BlockAttention = "transformer" | "pixels" | "pixels and condition" | "none";

/** What a block attends to. */
export function attentionOf(kind: BlockKind): BlockAttention {
	if (/SimpleCrossAttn/.test(kind)) return "pixels and condition";
	if (/CrossAttn/.test(kind)) return "transformer";
	return /^Attn/.test(kind) ? "pixels" : "none";
}

/** Whether the block changes height and width in a resnet, which also takes the time, instead of in a convolution. */
export function resamplesInResnet(kind: BlockKind): boolean {
	return /^(Resnet|SimpleCrossAttn)/.test(kind);
}

/**
 * The entry of `attention_head_dim` for a block on the way up, as in diffusers: blocks with transformers use that of their level, other kinds that of
 * their number on the way up.
 */
export function upHeadsAt(kind: BlockKind, level: number, block: number): number {
	return attentionOf(kind) === "transformer" ? level : block;
}

type Kinds = Pick<UNetConfig, "down_block_types" | "mid_block_type" | "up_block_types">;

/** The attention of every block, its level, and its place in `attention_head_dim`. */
export function attentionsOf({ down_block_types, mid_block_type, up_block_types }: Kinds) {
	const last = down_block_types.length - 1;
	return [
		...down_block_types.map((kind, level) => ({ attention: attentionOf(kind), level, heads: level })),
		...(mid_block_type ? [{ attention: attentionOf(mid_block_type), level: last, heads: last }] : []),
		...up_block_types.map((kind, block) => ({
			attention: attentionOf(kind),
			level: last - block,
			heads: upHeadsAt(kind, last - block, block),
		})),
	].filter(({ attention }) => attention !== "none");
}

/** The kinds of all blocks. */
export function blockKinds({ down_block_types, mid_block_type, up_block_types }: UNetConfig): BlockKind[] {
	return [...down_block_types, ...(mid_block_type ? [mid_block_type] : []), ...up_block_types];
}

/** Height and width must be multiples of this. 1 for a network that halves an odd size and comes back to it. */
export function multipleOf(config: UNetConfig): number {
	return blockKinds(config).some(resamplesInResnet) ? 2 ** (config.block_out_channels.length - 1) : 1;
}
