import {
	LazySession,
	type LoraLayers,
	loraFeeds,
	type MoreRows,
	quantize,
	type ScaledLora,
	takeLoras,
	type WeightSource,
	weightOptions,
} from "@drum/graph";
import { ArgumentError, type Skip, shown, type Tensor } from "@drum/tensor";
import { buildProjectionGraph, buildTextGraph, PROJECTION } from "./clip-text-graph.ts";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextConfig } from "./config.ts";

/** An encoder's sessions. The encoder shares them with its variants with LoRAs. */
export class CLIPTextSessions {
	readonly #options: CLIPTextEncoderOptions;
	readonly #config: CLIPTextConfig;
	readonly #tokens: number;
	/** Rows after the table of tokens. */
	readonly #learned: readonly MoreRows[];
	readonly #own: LazySession;
	readonly #projection: LazySession;
	/** Sessions for other hidden states than those it was opened for, by their skips. */
	readonly #others = new Map<string, LazySession>();

	constructor(
		options: CLIPTextEncoderOptions,
		config: CLIPTextConfig,
		tokens: number,
		learned: readonly MoreRows[] = [],
	) {
		this.#learned = learned;
		this.#options = options;
		this.#config = config;
		this.#tokens = tokens;
		this.#own = this.#session({});
		this.#projection = this.#made((own) => buildProjectionGraph(own, config));
	}

	/** The hidden states of a call, and the session that computes them. A session for other hidden states is loaded in addition to the encoder's own. */
	of(asked: readonly Skip[] | undefined): { skips: readonly Skip[]; session: LazySession } {
		const { name, skips: own = [-1] } = this.#options;
		if (!asked) return { skips: own, session: this.#own };
		const { num_hidden_layers: layers } = this.#config;
		const wrong = asked.find((skip) => !(Number.isInteger(skip) && skip <= -1 && skip >= -layers - 1));
		if (wrong !== undefined || asked.length === 0) {
			const expected = `integers from ${-layers - 1} to -1`;
			throw new ArgumentError({ what: `skips of ${name}`, expected, found: shown(asked) });
		}
		if (asked.every((skip) => own.includes(skip))) return { skips: asked, session: this.#own };
		const key = asked.join();
		const session = this.#others.get(key) ?? this.#session({ skips: asked });
		this.#others.set(key, session);
		return { skips: asked, session };
	}

	/** Projects class rows, with LoRAs. */
	async project(rows: Tensor<"float32">, loras: readonly ScaledLora[]): Promise<Tensor<"float32">> {
		return this.#projection.use(async (session) => (await session.run({ rows, ...loraFeeds(loras) })).projected!, {
			loras,
		});
	}

	async release(): Promise<void> {
		const all = [this.#own, this.#projection, ...this.#others.values()];
		this.#others.clear();
		await Promise.all(all.map((session) => session.release()));
	}

	#session(changes: Partial<CLIPTextEncoderOptions>): LazySession {
		return this.#made((own) => buildTextGraph({ ...own, ...changes }, this.#config, this.#tokens, this.#learned).graph);
	}

	/** A session whose graph has the LoRAs of a run. */
	#made(build: (options: CLIPTextEncoderOptions) => ReturnType<typeof buildTextGraph>["graph"]): LazySession {
		const { device, threads } = this.#options;
		const load = async (signal: AbortSignal, loras: readonly LoraLayers[]) => {
			const source = await this.#quantized(signal);
			return build({ ...this.#options, weights: await takeLoras(source, loras, { threads, signal }) });
		};
		return new LazySession(load, { device, threads });
	}

	/** The weights in the options' `dtype`, the same for all hidden states. */
	#quantized(signal: AbortSignal): Promise<WeightSource> {
		const options = this.#options;
		const build = (weights: WeightSource) => buildTextGraph({ ...options, weights }, this.#config, this.#tokens);
		// Keeps the projection's precision: a feature is one row for a whole prompt, and prompts are compared by it.
		const keeps = (tensor: string) => tensor === PROJECTION;
		return quantize(options.weights, { ...weightOptions(options), build, keeps, signal });
	}
}
