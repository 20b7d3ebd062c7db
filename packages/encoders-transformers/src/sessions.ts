import { CheckpointError, DeviceError, DrumError, FileError } from "@drum/tensor";
import { CLIPTextModelWithProjection, Tensor } from "@huggingface/transformers";

/** What transformers.js loads a model by. */
export interface LoadOptions {
	readonly config: unknown;
	readonly revision: string;
	readonly local_files_only: boolean;
	readonly model_file_name: string;
	readonly device: string | undefined;
	readonly dtype: string | undefined;
	readonly session_options: object;
}

type Model = Awaited<ReturnType<typeof CLIPTextModelWithProjection.from_pretrained>>;
type Outputs = Record<string, { data: Float32Array; dims: number[] }>;

/** One ONNX file as transformers.js holds it: loaded when it first runs, one run after another, and loaded again after a release. */
export class Sessions {
	readonly #source: string;
	readonly #options: LoadOptions;
	#model: Promise<Model> | undefined;
	/** ONNX Runtime rejects runs whose session is released meanwhile. */
	#queue: Promise<unknown> = Promise.resolve();

	constructor(source: string, options: LoadOptions) {
		this.#source = source;
		this.#options = options;
	}

	/** The names of its outputs; loads it. */
	outputNames(): Promise<readonly string[]> {
		return this.#next(async () => (await this.#loaded()).sessions.model.outputNames);
	}

	/** Runs it with the feeds that it has inputs for. Outputs are float32 copies. */
	run(feeds: Readonly<Record<string, Tensor>>, names: readonly string[], signal?: AbortSignal): Promise<Outputs> {
		return this.#next(async () => {
			signal?.throwIfAborted();
			const model = await this.#loaded();
			signal?.throwIfAborted();
			const outputs: Record<string, Tensor> = await model(feeds).catch((cause: unknown) => {
				throw runError(this.#source, cause);
			});
			const rows = names.map((name) => [name, outputs[name]!.to("float32")] as const);
			return Object.fromEntries(
				rows.map(([name, { data, dims }]) => [name, { data: Float32Array.from(data as Float32Array), dims }]),
			);
		});
	}

	/** Waits for the runs asked for. */
	release(): Promise<void> {
		return this.#next(async () => {
			const model = await this.#model?.catch(() => undefined);
			this.#model = undefined;
			await model?.dispose();
		});
	}

	#loaded(): Promise<Model> {
		// Of transformers.js's classes the one that runs one ONNX file as it is, whatever model it is of.
		const model =
			this.#model ??
			CLIPTextModelWithProjection.from_pretrained(this.#source, this.#options as never).catch((cause) => {
				this.#model = undefined;
				throw loadError(this.#source, cause);
			});
		this.#model = model;
		return model;
	}

	#next<T>(task: () => Promise<T>): Promise<T> {
		const result = this.#queue.then(task);
		this.#queue = result.catch(() => undefined);
		return result;
	}
}

/** int64 or float32 as transformers.js takes it, over a copy: ONNX Runtime may keep the memory. */
export function feed(type: "int64" | "float32", data: BigInt64Array | Float32Array, dims: readonly number[]): Tensor {
	return new Tensor(type, data.slice(), [...dims]);
}

/** What ONNX Runtime could not run: an export may be of one length of prompts alone. */
function runError(source: string, cause: unknown): DrumError {
	const found = cause instanceof Error ? cause.message : String(cause);
	const next = "An export may run with prompts of one length alone: leave tokens out";
	return new DeviceError({ what: source, expected: "a model that runs", found, next, cause });
}

/** What transformers.js could not load, as an error of ours. */
export function loadError(source: string, cause: unknown): DrumError {
	if (DrumError.is(cause)) return cause;
	const found = cause instanceof Error ? cause.message : String(cause);
	if (/^Unsupported device/.test(found)) return new DeviceError({ what: source, found, cause });
	if ((cause as Error | undefined)?.name === "ModelFileNotFoundError" || /fetch failed|network/i.test(found)) {
		const expected = "an export as transformers.js lays it out: config.json, tokenizer.json, onnx/…";
		return new FileError({ what: source, expected, found, cause });
	}
	return new CheckpointError({ what: source, expected: "an export that transformers.js can load", found, cause });
}
