import { ArgumentError, shown } from "@drum/tensor";

/** How a pipeline presents a prompt to Qwen3, and which hidden states it uses. */
export interface Qwen3Use {
	/** The chat template's text before a prompt. */
	readonly before: string;
	/** The text after a prompt, up to where an answer would begin. */
	readonly after: string;
	/**
	 * The hidden states that are concatenated in each row, with transformers' numbers in `hidden_states`: 0 for the embeddings, n for the output of
	 * layer n, of which the last is normed. Negative numbers count from the end.
	 */
	readonly taps: readonly number[];
	/** Whether a condition includes rows of padding. They attend to the prompt, and nothing attends to them. */
	readonly keepsPadding: boolean;
	/** Rows of a prompt, if `maxLength` is not given. */
	readonly maxLength: number;
}

const BEFORE = "<|im_start|>user\n";
const AFTER = "<|im_end|>\n<|im_start|>assistant\n";

/**
 * The uses of the pipelines in diffusers 0.42. `before` and `after` are what Qwen3's chat template writes around a user's message, with
 * `add_generation_prompt`, and with `enable_thinking` true for the first and false for the second.
 * https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/pipelines/z_image/pipeline_z_image.py
 * https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/pipelines/flux2/pipeline_flux2_klein.py
 */
export const QWEN3_USES = {
	"z-image": { before: BEFORE, after: AFTER, taps: [-2], keepsPadding: false, maxLength: 512 },
	"flux2-klein": {
		before: BEFORE,
		after: `${AFTER}<think>\n\n</think>\n\n`,
		taps: [9, 18, 27],
		keepsPadding: true,
		maxLength: 512,
	},
} as const satisfies Readonly<Record<string, Qwen3Use>>;

export type Qwen3UseName = keyof typeof QWEN3_USES;

/**
 * A use by its name, or a given one, with taps counted from the front.
 * @throws ArgumentError for an unknown name, or a tap that a model with this number of layers does not have
 */
export function readUse(given: Qwen3UseName | Qwen3Use, layers: number, name: string): Qwen3Use {
	const use = typeof given === "string" && Object.hasOwn(QWEN3_USES, given) ? QWEN3_USES[given] : given;
	if (typeof use !== "object" || use === null) {
		const expected = `${Object.keys(QWEN3_USES).join(", ")}, or a use of its own`;
		throw new ArgumentError({ what: `use of ${name}`, expected, found: shown(given) });
	}
	const { before, after, keepsPadding } = use;
	for (const [field, fits, expected] of [
		["before", typeof before === "string", "a text"],
		["after", typeof after === "string", "a text"],
		["keepsPadding", typeof keepsPadding === "boolean", "true or false"],
	] as const) {
		if (fits) continue;
		throw new ArgumentError({ what: `use.${field} of ${name}`, expected, found: shown(use[field]) });
	}
	const fits = (tap: unknown) => Number.isInteger(tap) && (tap as number) >= -layers - 1 && (tap as number) <= layers;
	if (!Array.isArray(use.taps) || use.taps.length === 0 || !use.taps.every(fits)) {
		const expected = `numbers of its ${layers + 1} hidden states, from ${-layers - 1} to ${layers}`;
		throw new ArgumentError({ what: `use.taps of ${name}`, expected, found: shown(use.taps) });
	}
	return { ...use, taps: use.taps.map((tap) => (tap < 0 ? tap + layers + 1 : tap)) };
}
