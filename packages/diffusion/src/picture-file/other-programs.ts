/** What another program's picture tells of how it was made, as far as it means anything here. */
export interface OtherSettings {
	/** Which program, as its users call it. */
	program: string;
	prompt: string;
	negativePrompt?: string | undefined;
	seed?: number | undefined;
	numInferenceSteps?: number | undefined;
	guidanceScale?: number | undefined;
	/** As the library names samplers. */
	scheduler?: string | undefined;
	model?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The programs by the keyword of their text, the likelier first. */
const PROGRAMS: readonly [keyword: string, read: (text: string) => OtherSettings | undefined][] = [
	["parameters", (text) => ofWebUi(text) ?? ofFields("SwarmUI", fieldsOf(fieldsOf(text).sui_image_params))],
	["prompt", ofComfyUi],
	["invokeai_metadata", (text) => ofFields("InvokeAI", fieldsOf(text))],
	["sd-metadata", (text) => ofFields("InvokeAI", fieldsOf(fieldsOf(text).image))],
	["Comment", (text) => ofFields("NovelAI", fieldsOf(text))],
];

/** Settings that another program wrote into a picture, by its texts; `undefined` where there are none. */
export async function readOtherSettings({
	text,
}: {
	text(keyword: string): Promise<string | undefined>;
}): Promise<OtherSettings | undefined> {
	for (const [keyword, read] of PROGRAMS) {
		// A text that cannot be unpacked is none of theirs.
		const found = await text(keyword).catch(() => undefined);
		const settings = found === undefined ? undefined : read(found);
		if (settings && settings.prompt.trim() !== "") return plain(settings);
	}
	return undefined;
}

/** A1111's and its kin's: the prompt, then "Negative prompt:", then a line of settings. */
function ofWebUi(text: string): OtherSettings | undefined {
	const [, written = "", last] = /^(.*?)\n?(Steps: \d[^\n]*)$/s.exec(text.trimEnd()) ?? [];
	if (last === undefined) return undefined;
	const [prompt = "", negativePrompt] = written.split(/^Negative prompt:/m);
	const pairs = last.matchAll(/([^:,]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)/g);
	const { Seed, Steps, Model, ...values } = Object.fromEntries(
		Array.from(pairs, ([, name = "", value = ""]) => [name.trim(), value.trim()]),
	);
	return {
		program: "Stable Diffusion web UI",
		...{ prompt, negativePrompt, seed: number(Seed), numInferenceSteps: number(Steps), model: Model },
		guidanceScale: number(values["CFG scale"]),
		scheduler: samplerName([values.Sampler, values["Schedule type"]]),
	};
}

/** Fields of these programs by all the names they have. */
function ofFields(program: string, fields: Fields): OtherSettings | undefined {
	const first = (...names: string[]) => names.map((name) => fields[name]).find((value) => value !== undefined);
	const prompt = promptOf(first("positive_prompt", "prompt"));
	if (prompt === undefined) return undefined;
	const model = fieldsOf(fields.model);
	return {
		...{ program, prompt, negativePrompt: promptOf(first("negative_prompt", "negativeprompt", "uc")) },
		...{ seed: number(fields.seed), numInferenceSteps: number(fields.steps) },
		guidanceScale: number(first("cfg_scale", "cfgscale", "scale")),
		scheduler: samplerName([first("scheduler", "sampler")]),
		model: promptOf(first("model")) ?? promptOf(model.name) ?? promptOf(model.model_name),
	};
}

/** A text, or as older InvokeAI has it a list of texts with weights. */
function promptOf(value: unknown): string | undefined {
	if (typeof value === "string") return value;
	if (!Array.isArray(value)) return undefined;
	const texts = value.map((part) => fieldsOf(part).prompt).filter((each) => typeof each === "string");
	return texts.join(", ") || undefined;
}

/** ComfyUI's graph: of the node that samples, what its inputs lead to. */
function ofComfyUi(text: string): OtherSettings | undefined {
	const graph = fieldsOf(text);
	const node = (id: unknown) => fieldsOf(graph[String(id)]);
	const inputsOf = (id: unknown) => fieldsOf(node(id).inputs);
	/** The first input of one of these names, of the node or of those that the ways lead to. */
	const find = (id: unknown, names: readonly string[], ways: readonly string[], seen = new Set<unknown>()): unknown => {
		if (seen.has(id) || seen.size > 1000) return undefined;
		seen.add(id);
		const inputs = inputsOf(id);
		for (const name of names) if (inputs[name] !== undefined && !Array.isArray(inputs[name])) return inputs[name];
		for (const way of [...ways, ...names]) {
			const found = Array.isArray(inputs[way]) ? find(inputs[way][0], names, ways, seen) : undefined;
			if (found !== undefined) return found;
		}
		return undefined;
	};
	const samplers = Object.keys(graph).filter((id) => /^(K?Sampler)/.test(String(node(id).class_type)));
	for (const id of samplers) {
		const texts = ["text", "text_g", "text_l", "t5xxl", "clip_l", "prompt", "string", "value"];
		const prompt = promptOf(find(id, texts, ["positive", "guider", "conditioning", "conditioning_1", "cond1"]));
		if (prompt === undefined) continue;
		const sampler = [find(id, ["sampler_name"], ["sampler"]), find(id, ["scheduler"], ["sigmas"])];
		return {
			...{ program: "ComfyUI", prompt },
			negativePrompt: promptOf(find(id, texts, ["negative"])),
			seed: number(find(id, ["seed", "noise_seed"], ["noise"])),
			numInferenceSteps: number(find(id, ["steps"], ["sigmas"])),
			guidanceScale: number(find(id, ["cfg"], ["guider"])),
			scheduler: samplerName(sampler),
		};
	}
	return undefined;
}

/** The fields of an object, or of one that is written as JSON; none of anything else. */
function fieldsOf(value: unknown): Fields {
	try {
		const found: unknown = typeof value === "string" ? JSON.parse(value) : value;
		return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Fields) : {};
	} catch {
		return {};
	}
}

function number(value: unknown): number | undefined {
	const found = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
	return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** As the library writes it: "DPM++ 2M" with "Karras" is `dpm++2m-karras`. */
function samplerName(parts: readonly unknown[]): string | undefined {
	const [sampler = "", schedule = ""] = parts.map((part) => (typeof part === "string" ? part.toLowerCase() : ""));
	const name = sampler
		.replace(/[ _](karras|exponential)$/, "-$1")
		.replace(/ a$/, "-ancestral")
		.replace(/[ _]+/g, "");
	return schedule === "karras" && !name.endsWith("-karras") ? `${name}-karras` : name || undefined;
}

/** Without what only that program's prompts know: weights, and calls of LoRAs. */
function plain({ prompt, negativePrompt, ...settings }: OtherSettings): OtherSettings {
	return { ...settings, prompt: withoutMarks(prompt), negativePrompt: negativePrompt && withoutMarks(negativePrompt) };
}

function withoutMarks(prompt: string): string {
	return prompt
		.replace(/<(lora|lyco|hypernet):[^>]*>/gi, "")
		.replace(/[([]([^()[\]:]+):\d*\.?\d+[)\]]/g, "$1")
		.replace(/\s*(,\s*)+$/, "")
		.trim();
}
