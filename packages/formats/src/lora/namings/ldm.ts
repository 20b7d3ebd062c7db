import type { Layers } from "../model.ts";
import type { Named } from "./naming.ts";

/** Outside of blocks. */
const OUTSIDE: Readonly<Record<string, string>> = {
	conv_in: "input_blocks.0.0",
	"time_embedding.linear_1": "time_embed.0",
	"time_embedding.linear_2": "time_embed.2",
	"add_embedding.linear_1": "label_emb.0.0",
	"add_embedding.linear_2": "label_emb.0.2",
	conv_out: "out.2",
};
/** In a residual block. */
const RESNET: Readonly<Record<string, string>> = {
	conv1: "in_layers.2",
	time_emb_proj: "emb_layers.1",
	conv2: "out_layers.3",
	conv_shortcut: "skip_connection",
};
const BLOCK = /^(down|mid|up)_blocks?\.(?:(\d+)\.)?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/;

/**
 * A UNet's layers under the names of latent-diffusion, https://github.com/Stability-AI/generative-models/blob/main/sgm/modules/diffusionmodules/openaimodel.py,
 * which counts through all blocks of one side where diffusers counts in each.
 */
export function ldmNames(layers: Layers): Named {
	const blocks = countBlocks(layers);
	return [...layers].flatMap(([path, dims]) => {
		const name = OUTSIDE[path] ?? nameInBlock(path, blocks);
		return name ? [[name, [{ path, dims }]] as const] : [];
	});
}

interface Counts {
	/** Residual blocks in each block of a side, and whether it has attention and a change of size. */
	readonly down: readonly Block[];
	readonly up: readonly Block[];
}
interface Block {
	readonly resnets: number;
	readonly attentions: number;
	readonly samplers: number;
}

function countBlocks(layers: Layers): Counts {
	const sides = { down: [] as Record<string, number>[], up: [] as Record<string, number>[] };
	for (const path of layers.keys()) {
		const [, side, number, kind, index] = BLOCK.exec(path) ?? [];
		if (side !== "down" && side !== "up") continue;
		const block = sides[side][Number(number)] ?? {};
		sides[side][Number(number)] = block;
		const of = kind!.endsWith("samplers") ? "samplers" : kind!;
		block[of] = Math.max(block[of] ?? 0, Number(index) + 1);
	}
	const filled = (side: Record<string, number>[]) =>
		Array.from(side, (block): Block => ({ resnets: 0, attentions: 0, samplers: 0, ...block }));
	return { down: filled(sides.down), up: filled(sides.up) };
}

function nameInBlock(path: string, { down, up }: Counts): string | undefined {
	const [, side, number, kind, index, rest] = BLOCK.exec(path) ?? [];
	if (!side) return undefined;
	const [block, at] = [Number(number), Number(index)];
	const inner = kind === "resnets" ? (RESNET[rest!] ?? rest!) : rest!;
	const place = kind === "resnets" ? 0 : 1;
	if (side === "mid") return `middle_block.${kind === "resnets" ? 2 * at : 1}.${inner}`;
	if (side === "down") {
		const before = down.slice(0, block).reduce((sum, { resnets, samplers }) => sum + resnets + samplers, 1);
		if (kind === "downsamplers") return `input_blocks.${before + down[block]!.resnets}.0.op`;
		return `input_blocks.${before + at}.${place}.${inner}`;
	}
	const before = up.slice(0, block).reduce((sum, { resnets }) => sum + resnets, 0);
	const { resnets, attentions } = up[block]!;
	// A change of size goes up after the last of the block's layers, with them under one number.
	if (kind === "upsamplers") return `output_blocks.${before + resnets - 1}.${attentions > 0 ? 2 : 1}.conv`;
	return `output_blocks.${before + at}.${place}.${inner}`;
}
