import { builtInConfigs, headerOf, readSingleFile, type SingleFile } from "@drum/formats";
import type { FoundFile, HeaderOf } from "@drum/hub";
import type { CheckpointSource, FoundationModel } from "@drum/pipeline";
import { BYTES, type CheckpointTensor, DrumError, storedParts, type TensorSource } from "@drum/tensor";
import { parseAnyConfig, parseModelIndex, settingsOf } from "./configs.ts";
import { forecastReport } from "./memory.ts";
import { configsOf, describeModel, modelOf, outlineOf } from "./model.ts";
import { type ComponentReport, type PipelineReport, WITHOUT_WEIGHTS } from "./pipeline.ts";
import type { WeightsSummary } from "./weights.ts";

/** What a checkpoint in one file is and holds; undefined for a file without a denoiser, or with one that nothing here runs. */
export async function inspectSingleFile(
	name: string,
	file: HeaderOf,
	found: FoundFile,
): Promise<PipelineReport | undefined> {
	const denoiser = readSingleFile(headerOf(file.header.tensors))?.denoiser;
	if (!denoiser || !builtInConfigs(denoiser.kind)) return undefined;
	const { openFoundFile, singleFileLayout } = await import("@drum/pipeline");
	const opened = await openFoundFile(name, found).catch((error: unknown) => {
		// Of another model that has such names too.
		if (DrumError.is(error) && error.code === "argument") return undefined;
		throw error;
	});
	if (!opened) return undefined;
	// Names and shapes are enough.
	const layout = await singleFileLayout({ ...opened, open: async () => opened.header }, {});
	return reportOf(file, opened.holds, layout);
}

async function reportOf(file: HeaderOf, holds: SingleFile, layout: CheckpointSource): Promise<PipelineReport> {
	const index = parseModelIndex(await readJson(layout, "model_index.json"))!;
	const names = Object.keys(index.components).filter((name) => index.components[name] !== null);
	const stored = await Promise.all(names.map(async (name) => [name, await readJson(layout, pathOf(name))] as const));
	const told = Object.fromEntries(stored);
	const model = await modelOf(index.pipeline, told);
	const used = model ? await configsOf(model, told) : told;
	const configs: Record<string, unknown> = {
		...used,
		scheduler: { ...(used.scheduler as object), ...layout.schedulerSettings },
	};
	const parts = new Map<string, string>([["vae", "vae"]]);
	if (model) parts.set(model.denoiser.folder, "denoiser");
	for (const [encoder, { folder }] of Object.entries(model?.encoders ?? {})) parts.set(folder, encoder);
	const weights = new Map<string, TensorSource>();
	for (const [folder, part] of parts) {
		if (layout.holds?.parts.has(part)) weights.set(folder, await layout.weights({ name: part, folder }));
	}
	const isThere = (folder: string) => !model || !isOptional(folder) || weights.has(folder);
	const components = names.filter(isThere).map((name): ComponentReport => {
		const className = index.components[name]!;
		const part = parts.get(name);
		const encoder = part === "denoiser" || part === "vae" ? undefined : part;
		const own = weights.get(name);
		const settings = settingsOf({ ...parseAnyConfig(configs[name]), _class_name: className }, encoder);
		const lacks = part && !own && !WITHOUT_WEIGHTS.test(className);
		return {
			...{ name, class: className, settings },
			...(own && { weights: countOf(own, file.path) }),
			...(lacks && { missing: `not in the file: give ${part === "vae" ? "--vae" : `--encoder ${part}=…`}` }),
		};
	});
	const refusal = model && (await refusalOf(model, configs, weights.get(model.denoiser.folder)));
	const outline =
		model &&
		outlineOf(model, isThere, (folder) => {
			const checkpoint = weights.get(folder);
			return checkpoint && { config: configs[folder], checkpoint };
		});
	const memory = outline && (await forecastReport(outline));
	return {
		kind: "pipeline",
		name: layout.name,
		is: holds.is,
		pipeline: index.pipeline,
		runs: model !== undefined && refusal === undefined,
		...(refusal !== undefined && { refusal }),
		...(model && { model: describeModel(model, isThere) }),
		components,
		parameters: components.reduce((sum, { weights }) => sum + (weights?.parameters ?? 0), 0),
		bytes: file.bytes,
		...(outline && { downloadBytes: file.bytes }),
		...(memory && { memory }),
	};

	function isOptional(folder: string): boolean {
		const part = folder.replace("tokenizer", "text_encoder");
		return Object.values(model!.encoders).some((place) => place.folder === part && place.optional);
	}
}

/** Why a run refuses the denoiser: smaller models have a published one's names. Nothing of its weights is read. */
async function refusalOf(
	{ denoiser: { folder, load } }: FoundationModel,
	configs: Readonly<Record<string, unknown>>,
	checkpoint: TensorSource | undefined,
): Promise<string | undefined> {
	if (!checkpoint) return undefined;
	try {
		await using _ = await load({ name: checkpoint.name, config: configs[folder], checkpoint }, {});
		return undefined;
	} catch (error) {
		if (DrumError.is(error) && error.code === "checkpoint") return error.message;
		throw error;
	}
}

function pathOf(name: string): string {
	if (name.startsWith("tokenizer")) return `${name}/tokenizer_config.json`;
	return name === "scheduler" ? "scheduler/scheduler_config.json" : `${name}/config.json`;
}

async function readJson(layout: CheckpointSource, path: string): Promise<unknown> {
	return JSON.parse(new TextDecoder().decode(await layout.read(path)));
}

/** Counts a part's tensors as they are stored. */
function countOf(source: TensorSource, path: string): WeightsSummary {
	const places = Array.from(source.names(), (name) => source.get(name)!);
	const types: WeightsSummary["types"] = {};
	for (const { type, length } of places.map(heart)) types[type] = (types[type] ?? 0) + length / BYTES[type];
	return {
		files: [path],
		bytes: places.flatMap(storedParts).reduce((sum, { length }) => sum + length, 0),
		tensors: places.length,
		parameters: Object.values(types).reduce((sum, count) => sum + count, 0),
		types,
	};
}

/** Of a tensor times a factor the tensor. */
function heart(place: CheckpointTensor): CheckpointTensor {
	return "scaled" in place ? heart(place.scaled) : place;
}
