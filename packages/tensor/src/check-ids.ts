import { ArgumentError } from "./errors.ts";
import { shown } from "./shown.ts";
import { sizeOf, type Tensor } from "./tensor.ts";

/**
 * The ids that a `TextEncoder` was given, if it can take them.
 * @throws ArgumentError unless they are int64 `[prompts, tokens]`, each from 0 to `vocabulary` − 1.
 */
export function checkIds(ids: Tensor<"int64">, tokens: number, vocabulary: number): Tensor<"int64"> {
	if (ids.dims.length !== 2 || ids.dims[1] !== tokens) {
		throw new ArgumentError({ what: "ids", expected: `[prompts, ${tokens}]`, found: `[${ids.dims.join(", ")}]` });
	}
	if (ids.type !== "int64" || ids.data.length !== sizeOf(ids.dims)) {
		const found = `${ids.type}, ${ids.data.length} elements`;
		throw new ArgumentError({ what: "ids", expected: `int64, ${sizeOf(ids.dims)} elements`, found });
	}
	const wrong = ids.data.findIndex((id) => id < 0n || id >= BigInt(vocabulary));
	if (wrong !== -1) {
		const found = `${ids.data[wrong]} at ${Math.floor(wrong / tokens)}, ${wrong % tokens}`;
		throw new ArgumentError({ what: "ids", expected: `from 0 to ${vocabulary - 1}`, found });
	}
	return ids;
}

/**
 * Whether a `TextEncoder` was given ids, rather than prompts.
 * @throws ArgumentError for what is neither a list nor a tensor.
 */
export function areIds(given: readonly string[] | Tensor<"int64">): given is Tensor<"int64"> {
	if (Array.isArray(given)) return false;
	if (typeof given === "object" && given !== null && "dims" in given) return true;
	throw new ArgumentError({ what: "prompts", expected: "a list of prompts, or their ids", found: shown(given) });
}
