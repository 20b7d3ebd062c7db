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

/** An encoder's sessions, which it has in common with itself under LoRAs. */
export class CLIPTextSessions {
	readonly #options: CLIPTextEncoderOptions;
	readonly #config: CLIPTextConfig;
	readonly #tokens: number;
	/** Rows behind the table of tokens. */
	readonly #learned: readonly MoreRows[];
	readonly #own: LazySession;
	readonly #projection: LazySession;
	/** Those for hidden states that it was not made for, by their skips. */
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

	/** The hidden states of a call and the session that gives them: others than its own are loaded as well, so that both serve in turn. */
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

	/** Class rows through the projection under LoRAs. */
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

	/** A session whose graph is built over weights with a run's LoRAs. */
	#made(build: (options: CLIPTextEncoderOptions) => ReturnType<typeof buildTextGraph>["graph"]): LazySession {
		const { device, threads } = this.#options;
		const load = async (signal: AbortSignal, loras: readonly LoraLayers[]) => {
			const source = await this.#quantized(signal);
			return build({ ...this.#options, weights: await takeLoras(source, loras, { threads, signal }) });
		};
		return new LazySession(load, { device, threads });
	}

	/** The weights as the options hold them, of all hidden states alike. */
	#quantized(signal: AbortSignal): Promise<WeightSource> {
		const options = this.#options;
		const build = (weights: WeightSource) => buildTextGraph({ ...options, weights }, this.#config, this.#tokens);
		// A feature is one row of a prompt, and what prompts are compared by.
		const keeps = (tensor: string) => tensor === PROJECTION;
		return quantize(options.weights, { ...weightOptions(options), build, keeps, signal });
	}
}
