import type { BlockKind } from "./block-names.ts";
import type { UNetConfig } from "./config-schema.ts";

export type BlockAttention = "transformer" | "pixels" | "pixels and condition" | "none";

/** What a block looks at. */
export function attentionOf(kind: BlockKind): BlockAttention {
	if (/SimpleCrossAttn/.test(kind)) return "pixels and condition";
	if (/CrossAttn/.test(kind)) return "transformer";
	return /^Attn/.test(kind) ? "pixels" : "none";
}

/** Whether the block changes the extents within a resnet, in which a time goes too, and not by a convolution. */
export function resamplesInResnet(kind: BlockKind): boolean {
	return /^(Resnet|SimpleCrossAttn)/.test(kind);
}

/**
 * Which of `attention_head_dim` a block of the way up goes by, as diffusers has it: that of its level for transformers, and for the
 * other kinds that of its number on the way.
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

/** What extents must be multiples of: 1 where what is halved from an odd extent comes back to it. */
export function multipleOf(config: UNetConfig): number {
	return blockKinds(config).some(resamplesInResnet) ? 2 ** (config.block_out_channels.length - 1) : 1;
}
