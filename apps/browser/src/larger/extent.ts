import type { HubFile } from "@drum/hub";

/** What a larger model takes. */
export interface ModelExtent {
	/** Bytes of its files, and those of them that are kept here. */
	readonly size: number;
	readonly kept: number;
	/** Bytes that this browser may still keep for the page, where it tells. */
	readonly room: number | undefined;
	/** Bytes of memory while it draws, about, by how it is computed. */
	readonly memory: { readonly float16: number; readonly float32: number };
}

interface Drawing {
	/** Whether all parts stay in memory, or one at a time. */
	readonly keepsAll: boolean;
	/** Bytes besides the weights, in half precision. */
	readonly work: number;
}

/** Adds up what the hub lists; weights are in half precision. */
export function extentOf(files: readonly HubFile[], { keepsAll, work }: Drawing): Omit<ModelExtent, "room"> {
	const sum = (field: "size" | "kept") => files.reduce((all, file) => all + file[field], 0);
	const parts = files.filter(({ path }) => path.endsWith(".safetensors")).map(({ size }) => size);
	const weights = keepsAll ? parts.reduce((all, size) => all + size, 0) : Math.max(...parts);
	const float16 = weights + work;
	return { size: sum("size"), kept: sum("kept"), memory: { float16, float32: 2 * float16 } };
}
