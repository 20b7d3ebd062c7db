import type { ByteSource } from "@drum/tensor";
import type { Replaced } from "./device/plain-forms.ts";
import type { GraphInput } from "./feeds.ts";
import type { Comparisons } from "./layer-errors.ts";

/** The stretch of a file that holds a weight's bytes. */
export interface WeightPlace {
	/** The weight's, for messages. */
	readonly name: string;
	readonly file: ByteSource;
	readonly offset: number;
	readonly length: number;
}

/** Where a model's bytes say that a weight is: a file by the name that the runtime knows it by, and an offset in that. */
export type Locate = (place: WeightPlace) => { readonly location: string; readonly offset: number };

/** A finished graph: an ONNX model whose weights are places in the checkpoint's own files. */
export interface BuiltGraph {
	readonly name: string;
	/** Where its weights lie. */
	readonly places: readonly WeightPlace[];
	/** What `Session.run` must be fed. */
	readonly inputs: readonly GraphInput[];
	/** The names of what `Session.run` gives. */
	readonly outputs: readonly string[];
	/** True when something is made of weights alone, such as their cast to another precision: once, while loading. */
	readonly folds: boolean;
	/** What it computes with, such as `"Conv float32"`. */
	readonly operators: ReadonlySet<string>;
	/** Layers that are computed twice: their errors are an output more. */
	readonly comparisons?: Comparisons | undefined;
	/** Writes the model, of a few hundred kilobytes. */
	encode(locate: Locate): Uint8Array<ArrayBuffer>;
	/** The same with some operators in plain form, for a device on which they are wrong or missing. */
	replacing(operators: Replaced): Promise<BuiltGraph>;
}
