import type { PickReason } from "@drum/coreset";
import type { Reference } from "@drum/pipeline";
import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import { type Command, Option } from "commander";
import { addFormat, HISTORY_FLAG, HISTORY_TEXT, type HistoryOptions } from "../options/history.ts";
import { addLoras, checkLoras, type LoraChoices, loadLoras } from "../options/loras.ts";
import { addModelOptions, MODEL_FLAG, MODEL_TEXT, type ModelOptions, openModelEncoders } from "../options/model.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { addRequired } from "../options/required.ts";
import { addSampling, coresetSeed, type SamplingOptions } from "../options/sampling.ts";
import { picksOf, picksTable } from "../picks.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import { readHistory } from "../read-history.ts";
import type { Surroundings } from "../surroundings.ts";

const METHODS = ["coreset", "k-center", "random", "uniform"] as const;

interface CoresetOptions extends Partial<ModelOptions>, LoraChoices, HistoryOptions, SamplingOptions, OutputOptions {
	method: (typeof METHODS)[number];
	seed: number;
}

export function addCoreset(program: Command, around: Surroundings): void {
	const command = program
		.command("coreset")
		.description("print the prompts that represent a history")
		.option(MODEL_FLAG, `${MODEL_TEXT} (not needed for random and uniform)`);
	addSampling(addFormat(addRequired(command, HISTORY_FLAG, HISTORY_TEXT)), "0.1")
		.addOption(
			new Option("--method <name>", "coreset: the paper's Algorithm 1; k-center: the widest spread; random; uniform")
				.choices(METHODS)
				.default("coreset"),
		)
		.option("--seed <n>", "seed of random draws", coresetSeed, 42);
	addOutput(addLoras(addModelOptions(command), "the text encoders"))
		.addHelpText("after", EXAMPLES)
		.action((options: CoresetOptions) => coreset(options, around));
}

async function coreset(options: CoresetOptions, around: Surroundings): Promise<void> {
	const { method } = options;
	if (options.model === undefined && (method === "coreset" || method === "k-center")) {
		throw new ArgumentError({
			what: "--model",
			expected: `one, for method ${method} compares the prompts' text features`,
			found: "none",
		});
	}
	const { checkHistory } = await import("@drum/peca");
	const progress = new Progress(around, options.quiet);
	const history = checkHistory(await readHistory(options.history, options, around, progress));
	try {
		const { rows, reasons } =
			history.length === 0 ? { rows: [] } : await chooseSides(history, options, progress, around.signal);
		const picks = picksOf(history, rows, reasons);
		progress.end();
		const document = { method, history: history.length, picks, warnings: progress.warnings };
		around.stdout.write(options.json ? jsonText(document) : picksTable(picks));
	} finally {
		progress.end();
	}
}

interface Choice {
	rows: number[];
	/** Those of Algorithm 1. */
	reasons?: readonly PickReason[];
}

/** What is liked and what is disliked are sampled each by itself. */
async function chooseSides(
	history: readonly Reference[],
	options: CoresetOptions,
	progress: Progress,
	signal: AbortSignal,
): Promise<Choice> {
	const { dislikedRows, likedRows } = await import("@drum/peca");
	const choices: Choice[] = [];
	for (const side of [likedRows(history), dislikedRows(history)]) {
		if (side.length === 0) continue;
		const amounts = side.map((row) => ({ ...history[row]!, intensity: Math.abs(history[row]!.intensity) }));
		const { rows, reasons } = await choose(amounts, options, progress, signal);
		const placed = reasons?.map(({ nearestBefore: near, ...reason }) => {
			return { ...reason, nearestBefore: near === undefined ? undefined : side[near]! };
		});
		choices.push({ rows: rows.map((row) => side[row]!), ...(placed && { reasons: placed }) });
	}
	const reasons = choices.flatMap((choice) => choice.reasons ?? []);
	return { rows: choices.flatMap(({ rows }) => rows), ...(reasons.length > 0 && { reasons }) };
}

async function choose(
	history: readonly Reference[],
	options: CoresetOptions,
	progress: Progress,
	signal: AbortSignal,
): Promise<Choice> {
	const { coreset, explain, kCenter, randomSample, uniformSample } = await import("@drum/coreset");
	const { method, ratio, size, seed } = options;
	const share = size === undefined ? { ratio } : { size };
	if (method === "uniform") return { rows: uniformSample(history.length, share) };
	if (method === "random") return { rows: randomSample(history.length, { ...share, seed }) };
	const embeddings = await embed(history, { ...options, model: options.model! }, progress, signal);
	const onProgress = (done: number, total: number) => progress.show("coreset", done, total);
	if (method === "k-center") return { rows: await kCenter(embeddings, { ...share, seed, signal, onProgress }) };
	const intensities = history.map(({ intensity }) => intensity);
	const rows = await coreset(embeddings, { ...share, seed, intensities, signal, onProgress });
	const { picks } = await explain(embeddings, rows, { seed, intensities, signal });
	return { rows, reasons: picks };
}

/** Prompts encoded at once: their hidden states come along, a quarter of a megabyte each. */
const BATCH = 64;

/** Text features of the prompts: `[history, width]`. */
async function embed(
	history: readonly Reference[],
	options: ModelOptions & LoraChoices,
	progress: Progress,
	signal: AbortSignal,
): Promise<Tensor<"float32">> {
	await checkLoras(options, progress, signal);
	const { loras, mix } = await openModelEncoders(options, progress, signal, ({ mix: { features } }) => [features]);
	await loadLoras(options, (source, own) => loras.load(source, own), progress, signal);
	const encoder = loras.under().encoders[mix.features]!;
	const { CutRows } = await import("@drum/peca");
	const cut = new CutRows({ [mix.features]: encoder });
	const prompts = history.map(({ prompt }) => prompt);
	const rows: Float32Array[] = [];
	for (let from = 0; from < prompts.length; from += BATCH) {
		const batch = prompts.slice(from, from + BATCH);
		cut.look(batch, from);
		const { features } = await encoder.encode(batch, { signal });
		rows.push(features!.data);
		progress.show("embeddings", Math.min(from + BATCH, prompts.length), prompts.length);
	}
	progress.warn(cut.warnings);
	await encoder.release();
	const width = rows.reduce((sum, { length }) => sum + length, 0) / prompts.length;
	const data = new Float32Array(prompts.length * width);
	for (const [i, part] of rows.entries()) data.set(part, i * BATCH * width);
	return float32(data, [prompts.length, width]);
}

const EXAMPLES = `
Examples:
  drum coreset --model ./my-model --history prompts.csv --size 5
  drum coreset --history prompts.csv --method random --ratio 0.05 --json
`;
