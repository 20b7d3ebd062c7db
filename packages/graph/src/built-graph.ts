import type { Replaced } from "./device/plain-forms.ts";
import type { GraphInput } from "./feeds.ts";

/** A finished graph: the model's bytes, and the folder in which its weights' files lie. */
export interface BuiltGraph {
	readonly name: string;
	/** An ONNX model of a few hundred kilobytes; its weights are places in the checkpoint's own files. */
	readonly model: Uint8Array;
	readonly folder: string;
	/** What `Session.run` must be fed. */
	readonly inputs: readonly GraphInput[];
	/** True when something is made of weights alone, such as their cast to another precision: once, while loading. */
	readonly folds: boolean;
	/** What it computes with, such as `"Conv float32"`. */
	readonly operators: ReadonlySet<string>;
	/** The same with some operators in plain form, for a device on which they are wrong or missing. */
	replacing(operators: Replaced): BuiltGraph;
}
