import type { FluxLayout } from "../../names/bfl-flux.ts";
import type { UNetLayout } from "../../names/ldm-unet.ts";
import type { Layers } from "../model.ts";

/** Counts the blocks of a transformer by its layers. */
export function transformerLayout(layers: Layers): FluxLayout {
	const paths = [...layers.keys()];
	return {
		num_layers: count(paths, /^transformer_blocks\.(\d+)\./),
		num_single_layers: count(paths, /^single_transformer_blocks\.(\d+)\./),
	};
}

/** Finds the blocks of a UNet by its layers. */
export function unetLayout(layers: Layers): UNetLayout {
	const paths = [...layers.keys()];
	const downs = Array.from({ length: count(paths, /^down_blocks\.(\d+)\./) }, (_, i) => `down_blocks.${i}.`);
	const ups = Array.from({ length: count(paths, /^up_blocks\.(\d+)\./) }, (_, i) => `up_blocks.${i}.`);
	const type = (block: string) => (paths.some((path) => path.startsWith(`${block}attentions.`)) ? "CrossAttn" : "");
	const resnets = (block: string) => {
		const own = paths.filter((path) => path.startsWith(block)).map((path) => path.slice(block.length));
		return count(own, /^resnets\.(\d+)\./);
	};
	return { layers_per_block: downs.map(resnets), down_block_types: downs.map(type), up_block_types: ups.map(type) };
}

function count(paths: readonly string[], numbered: RegExp): number {
	return Math.max(-1, ...paths.map((path) => Number(numbered.exec(path)?.[1] ?? -1))) + 1;
}
