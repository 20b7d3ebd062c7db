import { CheckpointError, isObject, parseJson, shown } from "@drum/tensor";

/** The key of a file's metadata in which diffusers writes PEFT's configurations. */
const METADATA = "lora_adapter_metadata";
/** Initialisations that change the model's own weights, so that the factors alone are not enough. */
const CHANGES_WEIGHTS = /^(pissa|olora|corda|loftq|eva_|lora_ga)/i;

interface Settings {
	readonly alpha?: number | undefined;
	readonly rank?: number | undefined;
	readonly alphas: readonly Pattern[];
	readonly ranks: readonly Pattern[];
	readonly byRoot: boolean;
}
type Pattern = readonly [path: string, value: number];

/** PEFT's configuration of alphas, and of how they scale the factors. */
export class PeftConfig {
	/** By a component's name and a dot; `""` applies to all. */
	readonly #settings: ReadonlyMap<string, Settings>;

	private constructor(settings: ReadonlyMap<string, Settings>) {
		this.#settings = settings;
	}

	/**
	 * @param metadata of the LoRA file, in which diffusers writes the configuration of each component
	 * @param config the parsed `adapter_config.json` next to the file, if there is one
	 * @param name the file's name, for messages
	 * @throws CheckpointError if it is malformed, or for an unsupported method
	 */
	static read(metadata: Readonly<Record<string, string>>, config: unknown, name: string): PeftConfig {
		const settings = new Map<string, Settings>();
		if (config !== undefined) {
			const what = `adapter_config.json next to ${name}`;
			if (!isObject(config)) throw new CheckpointError({ what, expected: "an object", found: shown(config) });
			settings.set("", readSettings(config, what));
		}
		const text = metadata[METADATA];
		if (text === undefined) return new PeftConfig(settings);
		const what = `${name}, metadata ${METADATA}`;
		for (const [component, fields] of byComponent(parseObject(text, what))) {
			settings.set(component, readSettings(fields, what));
		}
		return new PeftConfig(settings);
	}

	/** A module's scale: alpha divided by the rank or its square root. By default the configured rank. Undefined if it has no configured alpha. */
	scaleOf(components: readonly string[], path: string, rank?: number): number | undefined {
		const settings = [...components, ""].map((each) => this.#settings.get(each)).find((each) => each !== undefined);
		if (!settings) return undefined;
		const alpha = settings.alphas.find(matches(path))?.[1] ?? settings.alpha;
		const divisor = rank ?? settings.ranks.find(matches(path))?.[1] ?? settings.rank;
		if (alpha === undefined || divisor === undefined) return undefined;
		return alpha / (settings.byRoot ? Math.sqrt(divisor) : divisor);
	}
}

/** Matches a path, or its end after a dot. After `^` it must be the whole path. */
function matches(path: string): (pattern: Pattern) => boolean {
	return ([pattern]) =>
		pattern.startsWith("^") ? path === pattern.slice(1) : path === pattern || path.endsWith(`.${pattern}`);
}

const COMPONENT = /^(unet|transformer|text_encoder(?:_\d+)?)\./;

function byComponent(fields: Record<string, unknown>): Map<string, Record<string, unknown>> {
	const components = new Map<string, Record<string, unknown>>();
	for (const [key, value] of Object.entries(fields)) {
		const component = COMPONENT.exec(key)?.[0] ?? "";
		const own = components.get(component) ?? {};
		components.set(component, { ...own, [key.slice(component.length)]: value });
	}
	return components;
}

function readSettings(config: Record<string, unknown>, what: string): Settings {
	const { peft_type: type = "LORA", init_lora_weights: start } = config;
	if (type !== "LORA" && type !== "LOKR") {
		throw new CheckpointError({
			what: `${what}, peft_type`,
			expected: "LORA or LOKR",
			found: shown(type),
			next: "Merge it into its model with PEFT: other methods are not supported",
		});
	}
	if (typeof start === "string" && CHANGES_WEIGHTS.test(start)) {
		throw new CheckpointError({
			what: `${what}, init_lora_weights`,
			expected: "an initialisation that does not change the model's own weights",
			found: shown(start),
			next: "Save it with PEFT's path_initial_model_for_weight_conversion, which converts it to a normal LoRA",
		});
	}
	return {
		alpha: number(config.lora_alpha ?? config.alpha, `${what}, lora_alpha`),
		rank: number(config.r || undefined, `${what}, r`),
		alphas: patterns(config.alpha_pattern, `${what}, alpha_pattern`),
		ranks: patterns(config.rank_pattern, `${what}, rank_pattern`),
		byRoot: config.use_rslora === true,
	};
}

function number(value: unknown, what: string): number | undefined {
	if (value === undefined || value === null) return undefined;
	if (typeof value === "number" && Number.isFinite(value)) return value;
	throw new CheckpointError({ what, expected: "a number", found: shown(value) });
}

/** PEFT treats the keys as regular expressions, but only writes paths. Others are refused, because a malicious one may run for ever. */
function patterns(value: unknown, what: string): Pattern[] {
	if (value === undefined || value === null) return [];
	if (!isObject(value)) throw new CheckpointError({ what, expected: "an object", found: shown(value) });
	return Object.entries(value).map(([key, each]) => {
		const path = key.replaceAll("\\.", ".");
		if (/[\\*+?()[\]{}|$]/.test(path))
			throw new CheckpointError({ what, expected: "paths of modules", found: shown(key) });
		const value = number(each, `${what} ${key}`);
		if (value === undefined)
			throw new CheckpointError({ what: `${what} ${key}`, expected: "a number", found: shown(each) });
		return [path, value];
	});
}

function parseObject(text: string, what: string): Record<string, unknown> {
	try {
		const value = parseJson(text);
		if (isObject(value)) return value;
	} catch (cause) {
		throw new CheckpointError({ what, expected: "JSON", found: (cause as Error).message, cause });
	}
	throw new CheckpointError({ what, expected: "an object", found: shown(text) });
}
