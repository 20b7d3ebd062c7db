export type Precision = "float32" | "float16";

/** What a trial found of one operator in one precision. */
export interface TriedOperator {
	/** ONNX's name, and of which use where a use has a form of its own: `"MultiHeadAttention"`, `"Conv of one window"`. */
	readonly operator: string;
	readonly precision: Precision;
	/**
	 * The device's own, plain operators in its place, or, since the device has neither, the CPU's; none where it is wrong and only some
	 * models have it, which are then refused.
	 */
	readonly form: "own" | "plain" | "cpu" | "none";
	/** Largest difference of the form used from the numbers worked out in JavaScript, as a part of the largest of these. */
	readonly difference: number;
	/** Why the device's own is not used, and on what that was seen. */
	readonly because?: string;
}
