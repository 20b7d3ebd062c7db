import { ArgumentError, CheckpointError, type Skip, shown } from "@drum/tensor";
import type { ExportConfig } from "./export-kind.ts";

/** Where an export without its hidden states can be had with them. */
const HOW =
	"the package's README has the lines that export it: https://www.npmjs.com/package/@drum/encoders-transformers#exports";

/** An export's second file, in `onnx/`: rows → `normed`, the final norm's, and `projected`, the text projection's. */
export const HEAD = "text_head";

/** The names of an export's outputs, by what they are. */
export class ExportOutputs {
	/** Text features of prompts: normed and, where the model has a projection, projected. */
	readonly features: string | undefined;
	/** Whether all hidden states are there, so that any can be asked for. */
	readonly hasAll: boolean;
	readonly #name: string;
	readonly #config: ExportConfig;
	readonly #names: readonly string[];

	constructor(name: string, config: ExportConfig, names: readonly string[]) {
		this.#name = name;
		this.#config = config;
		this.#names = names;
		const features = config.projects ? "text_embeds" : "pooler_output";
		this.features = config.kind.hasClassRow && names.includes(features) ? features : undefined;
		this.hasAll = Array.from({ length: config.layers + 1 }, (_, i) => this.#nameOf(-1 - i)).every((each) =>
			names.includes(each),
		);
	}

	/**
	 * The raw hidden states of each skip. CLIP's `last_hidden_state` is none of them: it is after the final norm, before which an
	 * adapter stands. Other encoders have no such norm, or end with it, and theirs is the last.
	 * @throws ArgumentError for a skip that the model has no layer for; CheckpointError for one that was not exported.
	 */
	hidden(skips: readonly Skip[]): readonly string[] {
		const { layers } = this.#config;
		if (!Array.isArray(skips))
			throw new ArgumentError({ what: `skips of ${this.#name}`, expected: "a list of integers", found: shown(skips) });
		return skips.map((skip) => {
			if (!Number.isInteger(skip) || skip > -1 || skip < -layers - 1) {
				const expected = `integers from ${-layers - 1} to -1`;
				throw new ArgumentError({ what: `skips of ${this.#name}`, expected, found: shown(skips) });
			}
			const output = this.#nameOf(skip);
			if (!this.#names.includes(output)) this.#missing(output, `hidden states ${skip} before the final norm`);
			return output;
		});
	}

	/** @throws CheckpointError where a CLIP has no output of text features. */
	checkFeatures(): void {
		const { kind, projects } = this.#config;
		if (!kind.hasClassRow || this.features) return;
		this.#missing(projects ? "text_embeds" : "pooler_output", "text features");
	}

	#nameOf(skip: Skip): string {
		const { kind, layers } = this.#config;
		return skip === -1 && !kind.hasClassRow ? "last_hidden_state" : `hidden_states.${layers + 1 + skip}`;
	}

	#missing(output: string, meaning: string): never {
		const next = `For text features alone, give skips: []; for all else export it with its hidden states: ${HOW}`;
		const expected = `an output ${output}, the ${meaning}`;
		throw new CheckpointError({ what: this.#name, expected, found: this.#names.join(", "), next });
	}
}

/** The error of a CLIP whose final norm was not exported by itself. */
export function noHead(name: string): CheckpointError {
	const next = `For text features alone, give skips: []; for all else export it too: ${HOW}`;
	const expected = `onnx/${HEAD}.onnx, the final norm and projection by themselves`;
	return new CheckpointError({ what: name, expected, found: "none", next });
}
