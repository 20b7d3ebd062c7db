import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AdapterConfig } from "@drum/peca/model";
import { ArgumentError, CheckpointError, FileError, parseJson, type Tensor } from "@drum/tensor";
import { Checkpoint, readTextFile, replaceFile, writeSafetensors } from "@drum/tensor/node";
import * as z from "zod";
import type { CaptionsState } from "./captions/index.ts";
import type { TrainingSettings } from "./settings.ts";
import { parameterShapes } from "./shapes.ts";
import type { TrainingState } from "./training.ts";
import { firstOf, renamed, secondOf } from "./training-graph.ts";

/** One line of a run's log. */
export interface TrainingStep {
	/** From 1. */
	step: number;
	/** Loss of the step's captions, before the step. */
	loss: number;
	learningRate: number;
}

/** Everything that a run needs to continue. */
export interface SavedRun {
	state: TrainingState;
	settings: TrainingSettings;
	captions: CaptionsState;
	/** The encoder's fingerprint. */
	encoder: string;
}

const number = z.number();
const STEP = z.object({ step: number, loss: number, learningRate: number });
const METADATA = z.object({
	step: z.int().min(0),
	encoder: z.string(),
	captions: z.object({ seed: number, epoch: number, position: number, files: z.array(z.string()) }),
	settings: z.object({
		steps: number,
		batchSize: number,
		microBatchSize: number,
		learningRate: number,
		warmupSteps: number,
		weightDecay: number,
		betas: z.tuple([number, number]),
		epsilon: number,
		dropout: number,
		layers: number,
		encodeRatio: number,
		seed: number,
	}),
});

/** A run's files: `weight/<name>.safetensors`, as published, and `training/<name>/`, from which it continues. */
export class RunFolder {
	/** The adapter's file, which a pipeline finds in the folder given as `adapters`. */
	readonly adapter: string;
	/** A line of JSON for each step. */
	readonly log: string;
	readonly #state: string;

	constructor(folder: string, name: string) {
		this.adapter = join(folder, "weight", `${name}.safetensors`);
		this.log = join(folder, "training", name, "log.jsonl");
		this.#state = join(folder, "training", name, "state.safetensors");
	}

	/** Undefined if no run was saved. */
	async load(): Promise<SavedRun | undefined> {
		const checkpoint = await Checkpoint.open(this.#state).catch((error: Error) => {
			if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
			throw error;
		});
		if (!checkpoint) return undefined;
		const metadata = METADATA.safeParse(parsed(checkpoint.metadata.drum_training));
		if (!metadata.success) {
			const expected = "a run that drum train saved";
			const { path, message } = metadata.error.issues[0]!;
			const found = `drum_training ${path.join(".")}: ${message}`;
			throw new CheckpointError({ what: this.#state, expected, found, cause: metadata.error });
		}
		const { step, ...rest } = metadata.data;
		const kinds: Record<string, Record<string, Tensor>> = { "": {}, [firstOf("")]: {}, [secondOf("")]: {} };
		for (const name of checkpoint.names()) {
			const [, kind = "", parameter = name] = /^(first\.|second\.)(.*)$/.exec(name) ?? [];
			kinds[kind]![parameter] = await checkpoint.read(name);
		}
		const [parameters, first, second] = Object.values(kinds) as Record<string, Tensor<"float32">>[];
		return { ...rest, state: { step, parameters: parameters!, first: first!, second: second! } };
	}

	/** @throws CheckpointError if a state lacks tensors of an adapter with `config`, or has ones that are not finite */
	checkState({ parameters, first, second }: TrainingState, config: AdapterConfig): void {
		const tensors = [parameters, renamed(first, firstOf), renamed(second, secondOf)];
		for (const [name, dims] of Object.entries(parameterShapes(config))) {
			for (const [i, wanted] of [name, firstOf(name), secondOf(name)].entries()) {
				const tensor = tensors[i]![wanted];
				const what = `${this.#state}, tensor ${wanted}`;
				if (tensor?.type === "float32" && tensor.dims.join() === dims.join()) {
					const odd = oddValue(tensor.data);
					if (odd === undefined) continue;
					throw new CheckpointError({ what, expected: "finite numbers", found: `${odd}` });
				}
				const found = tensor ? `${tensor.type} [${tensor.dims.join(", ")}]` : "none";
				throw new CheckpointError({ what, expected: `float32 [${dims.join(", ")}]`, found });
			}
		}
	}

	/**
	 * Saves a run, and the current adapter. Each file is always either the old or the new one.
	 * @throws ArgumentError if the run has diverged. Earlier saves stay.
	 */
	async save({ state, ...metadata }: SavedRun, adapter: Readonly<Record<string, Tensor<"float32">>>): Promise<void> {
		const { step, parameters, first, second } = state;
		const tensors = { ...parameters, ...renamed(first, firstOf), ...renamed(second, secondOf) };
		const odd = Object.entries(tensors).find(([, { data }]) => oddValue(data) !== undefined);
		if (odd) throw diverged(`${oddValue(odd[1].data)} in ${odd[0]} after step ${step}`);
		await mkdir(dirname(this.#state), { recursive: true });
		await mkdir(dirname(this.adapter), { recursive: true });
		await writeSafetensors(this.adapter, adapter, { format: "pt" });
		await writeSafetensors(this.#state, tensors, { drum_training: JSON.stringify({ step, ...metadata }) });
	}

	/**
	 * Restores the folder to its contents at `step`: a killed run may have logged more than it saved, or left a part of a temporary file. Before the
	 * first step, this is nothing.
	 */
	async startLog(step: number): Promise<TrainingStep[]> {
		for (const path of [this.adapter, this.#state]) await removeTemporary(path);
		if (step === 0) {
			for (const path of [this.adapter, this.log]) await rm(path, { force: true });
			return [];
		}
		const text = await readTextFile(this.log, { most: LARGEST_LOG }).catch(() => "");
		const lines = text.split("\n").slice(0, step);
		const steps = lines.map((line) => STEP.safeParse(parsed(line)).data);
		if (lines.length < step || steps.some((each, i) => each?.step !== i + 1)) {
			const next = "Put the run's own log back, or begin a new run in another folder";
			throw new FileError({ what: this.log, expected: `lines of steps 1 to ${step}`, found: "others", next });
		}
		await replaceFile(this.log, (file) => file.writeFile(lines.map((line) => `${line}\n`).join("")));
		return steps as TrainingStep[];
	}

	async logStep(step: TrainingStep): Promise<void> {
		await mkdir(dirname(this.log), { recursive: true });
		await appendFile(this.log, `${JSON.stringify(step)}\n`);
	}
}

/** The error for a run that has diverged: no further step can repair it. */
function diverged(found: string): ArgumentError {
	return new ArgumentError({
		what: "the run",
		expected: "finite parameters",
		found,
		next: "Begin a new run in another folder, with a smaller learningRate or more warmupSteps. What was saved before stays",
	});
}

function oddValue(data: Float32Array): number | undefined {
	return data.find((value) => !Number.isFinite(value));
}

/** In bytes. A step has less than 200. */
const LARGEST_LOG = 500_000_000;

/** Removes what `replaceFile` of a killed process left next to `path`. */
async function removeTemporary(path: string): Promise<void> {
	const names = await readdir(dirname(path)).catch(() => []);
	const left = names.filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(".tmp"));
	for (const name of left) await rm(join(dirname(path), name), { force: true });
}

function parsed(text: string | undefined): unknown {
	try {
		return parseJson(text ?? "");
	} catch {
		return undefined;
	}
}
