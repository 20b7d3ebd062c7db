import { type HeaderOf, type Repository, readHeader } from "@drum/hub";
import { CheckpointError, readJson as readJsonOf, shown } from "@drum/tensor";
import { parseAnyConfig, parseModelIndex, settingsOf } from "./configs.ts";
import { forecastReport, type MemoryReport } from "./memory.ts";
import { configsOf, describeModel, type ModelReport, modelOf, outlineOf } from "./model.ts";
import { type FoundWeights, summarize, tensorsOf, type WeightsSummary, weightFiles, weightsAmong } from "./weights.ts";

export interface ComponentReport {
	name: string;
	/** Null for one that the checkpoint goes without. */
	class: string | null;
	settings: ReturnType<typeof settingsOf>;
	/** Undefined for a component without weights, such as a scheduler, or without safetensors. */
	weights?: WeightsSummary;
	/** Why a component that should have weights has none here. */
	missing?: string;
}

export interface PipelineReport {
	kind: "pipeline";
	name: string;
	/** Of a single file: what it is, in words. */
	is?: string;
	pipeline: string;
	/** Whether `drum generate` runs it. */
	runs: boolean;
	/** Of a single file: why its layers are refused, where they are. */
	refusal?: string;
	/** What it runs it as. */
	model?: ModelReport;
	components: ComponentReport[];
	/** Of all components. */
	parameters: number;
	bytes: number;
	/** Weights that a run downloads. */
	downloadBytes?: number;
	memory?: MemoryReport;
}

/** Settings that are asked for by other names than `config.json`. */
const CONFIG_FILES: Readonly<Record<string, string>> = { scheduler: "scheduler_config.json" };
/** What is no model: tokenizers and picture processors. */
export const WITHOUT_WEIGHTS = /Tokenizer|Processor|Extractor|Scheduler/;

/** What a folder or repository with a `model_index.json` holds. Fetches configurations, and of weights the headers alone. */
export async function inspectPipeline(repository: Repository, variant = ""): Promise<PipelineReport> {
	const json = await readJson(repository, "model_index.json");
	const index = parseModelIndex(json);
	if (!index) {
		throw new CheckpointError({
			what: `${repository.name}/model_index.json`,
			expected: "an object with the pipeline's _class_name and no more than 200 entries",
			found: shown(json),
		});
	}
	const files = new Set(await repository.list());
	const weights = weightsAmong([...files]);
	const names = Object.keys(index.components);
	const stored = await Promise.all(
		names.map((name) => readPart(repository, files, name, weightFiles(weights, name, variant))),
	);
	const configs = Object.fromEntries(stored.map(({ name, config }) => [name, config]));
	const has = (folder: string) => index.components[folder] !== null;
	const model = await modelOf(index.pipeline, configs);
	const used = model ? await configsOf(model, configs) : configs;
	const parts = stored.map((part) => ({ ...part, config: used[part.name] }));
	const found = new Map(parts.map((part) => [part.name, part]));
	const described = model && describeModel(model, has);
	const encoders = new Map(Object.entries(described?.encoders ?? {}).map(([encoder, folder]) => [folder, encoder]));
	const components = parts.map((part) =>
		reportOf(part, index.components[part.name]!, encoders.get(part.name), variant),
	);
	const outline = model && outlineOf(model, has, (folder) => weighed(found.get(folder)));
	const memory = outline && (await forecastReport(outline));
	const sum = (field: "parameters" | "bytes", counts: (name: string) => boolean = () => true) =>
		components.reduce((all, { name, weights }) => all + (counts(name) ? (weights?.[field] ?? 0) : 0), 0);
	const loaded = (name: string) => name === model?.denoiser.folder || name === "vae" || encoders.has(name);
	return {
		kind: "pipeline",
		name: repository.name,
		pipeline: index.pipeline,
		runs: model !== undefined,
		...(described && { model: described }),
		components,
		parameters: sum("parameters"),
		bytes: sum("bytes"),
		...(outline && { downloadBytes: sum("bytes", loaded) }),
		...(memory && { memory }),
	};
}

/** A component as its files tell it. */
interface Part {
	name: string;
	/** Parsed, of whatever form. */
	config: unknown;
	headers: HeaderOf[];
	found: FoundWeights;
}

async function readPart(
	repository: Repository,
	files: ReadonlySet<string>,
	name: string,
	found: FoundWeights,
): Promise<Part> {
	const path = `${name}/${CONFIG_FILES[name] ?? "config.json"}`;
	const config = files.has(path) ? await readJson(repository, path) : {};
	return { name, config, found, headers: await Promise.all(found.files.map((file) => readHeader(repository, file))) };
}

function weighed(part: Part | undefined) {
	if (!part || part.headers.length === 0) return undefined;
	return { config: part.config, checkpoint: tensorsOf(part.name, part.headers) };
}

function reportOf(
	{ name, config, headers, found }: Part,
	className: string | null,
	encoder: string | undefined,
	variant: string,
): ComponentReport {
	if (className === null) return { name, class: null, settings: {} };
	const hasWeights = !WITHOUT_WEIGHTS.test(className);
	return {
		name,
		class: className,
		settings: settingsOf({ ...parseAnyConfig(config), _class_name: className }, encoder),
		...(headers.length > 0 && { weights: summarize(headers) }),
		...(hasWeights && headers.length === 0 && { missing: missing(found.variants, variant) }),
	};
}

function missing(variants: readonly string[], variant: string): string {
	const wanted = variant ? `safetensors of variant ${variant}` : "safetensors";
	if (variants.length === 0) return `no ${wanted}`;
	return `no ${wanted}, but ${variants.map((each) => (each ? `--variant ${each}` : "plain ones")).join(", ")}`;
}

async function readJson(repository: Repository, path: string): Promise<unknown> {
	return readJsonOf(await repository.file(path), `${repository.name}/${path}`);
}
