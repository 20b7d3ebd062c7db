import { readFile } from "node:fs/promises";
import type { Repository } from "@drum/hub";
import { CheckpointError } from "@drum/tensor";
import { type AnyConfig, parseAnyConfig, parseModelIndex, settingsOf } from "./configs.ts";
import { estimateMemory, type Memory } from "./memory.ts";
import { readHeader, summarize, type WeightsSummary, weightFiles } from "./weights.ts";

export interface ComponentReport {
	name: string;
	class: string;
	settings: ReturnType<typeof settingsOf>;
	/** Undefined for a component without weights, such as a scheduler, or without safetensors. */
	weights?: WeightsSummary;
	/** Why a component that should have weights has none here. */
	missing?: string;
}

export interface PipelineReport {
	kind: "pipeline";
	name: string;
	pipeline: string;
	/** Whether `drum generate` runs it. */
	runs: boolean;
	components: ComponentReport[];
	/** Of all components. */
	parameters: number;
	bytes: number;
	memory?: Memory;
}

/** Settings that are asked for by other names than `config.json`. */
const CONFIG_FILES: Readonly<Record<string, string>> = { scheduler: "scheduler_config.json" };
/** What is no model: tokenizers and picture processors. */
const WITHOUT_WEIGHTS = /Tokenizer|Processor|Extractor|Scheduler/;

/** What a folder or repository with a `model_index.json` holds. Fetches configurations, and of weights the headers alone. */
export async function inspectPipeline(repository: Repository, variant = ""): Promise<PipelineReport> {
	const index = parseModelIndex(await readJson(repository, "model_index.json"));
	if (!index) {
		throw new CheckpointError({
			what: `${repository.name}/model_index.json`,
			expected: "an object with the pipeline's _class_name",
			found: "none",
		});
	}
	const files = await repository.list();
	const components: ComponentReport[] = [];
	const configs: Record<string, AnyConfig> = {};
	let needed = 0;
	for (const [name, className] of Object.entries(index.components)) {
		const path = `${name}/${CONFIG_FILES[name] ?? "config.json"}`;
		const config = parseAnyConfig(files.includes(path) ? await readJson(repository, path) : {});
		configs[name] = config;
		const found = weightFiles(files, name, variant);
		const headers = await Promise.all(found.files.map((file) => readHeader(repository, file)));
		const hasWeights = !WITHOUT_WEIGHTS.test(className);
		if (NEEDED[name]) needed += summarize(headers, NEEDED[name]).parameters;
		components.push({
			name,
			class: className,
			settings: settingsOf({ ...config, _class_name: className }),
			...(headers.length > 0 && { weights: summarize(headers) }),
			...(hasWeights && headers.length === 0 && { missing: missing(found.variants, variant) }),
		});
	}
	const runs = index.pipeline === "StableDiffusionPipeline";
	const whole = components.every(({ name, weights }) => !NEEDED[name] || weights);
	const memory = runs && whole ? estimateMemory(needed, configs.unet ?? {}, configs.vae ?? {}) : undefined;
	const sum = (field: "parameters" | "bytes") =>
		components.reduce((all, { weights }) => all + (weights?.[field] ?? 0), 0);
	return {
		kind: "pipeline",
		name: repository.name,
		pipeline: index.pipeline,
		runs,
		components,
		parameters: sum("parameters"),
		bytes: sum("bytes"),
		...(memory && { memory }),
	};
}

/** The components that a run loads, and which of their tensors. */
const NEEDED: Readonly<Record<string, (tensor: string) => boolean>> = {
	text_encoder: () => true,
	unet: () => true,
	vae: (tensor) => /^(decoder|post_quant_conv)\./.test(tensor),
};

function missing(variants: readonly string[], variant: string): string {
	const wanted = variant ? `safetensors of variant ${variant}` : "safetensors";
	if (variants.length === 0) return `no ${wanted}`;
	return `no ${wanted}, but ${variants.map((each) => (each ? `--variant ${each}` : "plain ones")).join(", ")}`;
}

async function readJson(repository: Repository, path: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(await repository.file(path), "utf8"));
	} catch (cause) {
		if (!(cause instanceof SyntaxError)) throw cause;
		throw new CheckpointError({ what: `${repository.name}/${path}`, expected: "JSON", found: cause.message, cause });
	}
}
