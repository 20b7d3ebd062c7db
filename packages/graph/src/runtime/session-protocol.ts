import type { Tensor } from "@drum/tensor";

/** What the calling thread asks of the worker; each request is answered once, in order. */
export type Request =
	| {
			call: "create";
			session: number;
			model: Uint8Array;
			weights: Weights;
			optimize: boolean;
			device: string;
			threads: number;
			/** Fails where an operator would have to run on the CPU instead. */
			nothingElse?: boolean;
	  }
	| { call: "run"; session: number; feeds: Record<string, Tensor | Kept>; keep: Record<string, number> }
	| { call: "release"; session: number }
	| { call: "read"; kept: number }
	| { call: "forget"; kept: number };

/** Where a model's weights are: files below a folder, to be mapped, or each by the name that the model has for it. */
export type Weights = { folder: string } | { external: readonly ExternalWeight[] };

export interface ExternalWeight {
	path: string;
	data: Uint8Array<ArrayBuffer> | Blob;
}

/** A model as it is loaded. */
export interface PlacedModel {
	model: Uint8Array<ArrayBuffer>;
	weights: Weights;
}

/** A tensor that stays in the worker, by its number. */
export interface Kept {
	kept: number;
}

export interface Result {
	/** A kept tensor that is read comes as `kept`. */
	outputs: Record<string, Tensor>;
	/** Shapes of the outputs that stay in the worker. */
	kept: Record<string, readonly number[]>;
}

/** `unstarted` where ONNX Runtime itself could not be loaded. */
export type Reply = { id: number; result?: Result; error?: string; unstarted?: boolean };
