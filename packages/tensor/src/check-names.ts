import { ArgumentError } from "./errors.ts";
import { printable, shown } from "./shown.ts";

/** Names that people know from elsewhere, by the name, or the names, that may stand for it here: `{ cfg: "guidanceScale" }`. */
export type Aliases = Readonly<Record<string, string | readonly string[]>>;

/** What diffusers, transformers, huggingface_hub and other programs call what has another name here. */
const ALIASES: Aliases = {
	steps: "numInferenceSteps",
	samplingSteps: "numInferenceSteps",
	cfg: ["guidanceScale", "trueCfgScale"],
	cfgScale: ["guidanceScale", "trueCfgScale"],
	guidance: "guidanceScale",
	n: ["numImagesPerPrompt", "size"],
	batch: ["numImagesPerPrompt", "batchSize"],
	batchSize: "numImagesPerPrompt",
	images: "numImagesPerPrompt",
	numImages: "numImagesPerPrompt",
	numSamples: ["numImagesPerPrompt", "size", "resamples"],
	sampler: "scheduler",
	samplerName: "scheduler",
	generator: "seed",
	randomState: "seed",
	negative: "negativePrompt",
	callback: ["onStep", "onProgress"],
	callbackOnStepEnd: "onStep",
	progress: ["onProgress", "onStep"],
	progressCallback: ["onProgress", "onStep"],
	onProgress: "onStep",
	onStep: "onProgress",
	abortSignal: "signal",
	abort: "signal",
	timeout: "signal",
	strength: "alpha",
	auth: ["token", "apiKey"],
	hfToken: "token",
	accessToken: "token",
	useAuthToken: "token",
	cache: ["cacheDir", "cacheFolder", "encodingCache"],
	cacheFolder: "cacheDir",
	localFilesOnly: "offline",
	torchDtype: "dtype",
	precision: "dtype",
	quantization: "dtype",
	deviceMap: "device",
	maxLength: ["maxSequenceLength", "maxLength"],
	enableModelCpuOffload: "offload",
	lowMemory: "offload",
	weights: ["intensities", "weights"],
	ratings: "intensities",
	rating: "intensity",
	weight: "intensity",
	count: "size",
	fraction: "ratio",
	unet: "denoiser",
	transformer: "denoiser",
	lr: "learningRate",
	numSteps: ["numInferenceSteps", "steps"],
	epochs: "steps",
};

/** The names of a type of options, of which the compiler sees that none is missing. */
export function namesOf<Options extends object>(
	names: Readonly<Record<keyof Options, true>>,
): readonly (keyof Options & string)[] {
	return Object.keys(names) as (keyof Options & string)[];
}

/**
 * Refuses options that nobody knows, which would otherwise be ignored in silence, also from plain JavaScript. A name whose value is
 * undefined asks for nothing and is skipped; so is `undefined` in place of all options.
 * @param what the call or the thing that takes them, for the message: `generate`
 * @param known all names that it takes
 * @throws ArgumentError naming the unknown option and the nearest that exists; or where `options` is no object.
 */
export function checkNames(what: string, options: unknown, known: readonly string[], aliases: Aliases = ALIASES): void {
	if (options === undefined) return;
	if (typeof options !== "object" || options === null || Array.isArray(options)) {
		throw new ArgumentError({ what: `options of ${what}`, expected: "an object", found: shown(options) });
	}
	const names = new Set(known);
	const odd = Object.entries(options).find(([name, value]) => value !== undefined && !names.has(name));
	if (!odd) return;
	const [name, value] = odd;
	const nearest = nearestName(name, known, aliases);
	throw new ArgumentError({
		what: `option ${printable(name)} of ${what}`,
		expected: nearest ? `an option that it knows, such as ${nearest}` : `one of ${known.join(", ")}`,
		found: shown(value),
		next: nearest ? `Did you mean ${nearest}?` : "Leave it out",
	});
}

/** Of the names that exist the one that was meant most likely; undefined where none is near. */
export function nearestName(name: string, known: readonly string[], aliases: Aliases = ALIASES): string | undefined {
	const given = plain(name);
	const same = known.find((each) => plain(each) === given);
	if (same) return same;
	const others = Object.entries(aliases).flatMap(([from, to]): [string, string][] => {
		const meant = [to].flat().find((each) => known.includes(each));
		return meant ? [[from, meant]] : [];
	});
	const alias = others.find(([from]) => plain(from) === given);
	if (alias) return alias[1];
	const most = Math.max(1, Math.floor(given.length / 3));
	const own = known.map((each): [string, string] => [each, each]);
	const ranked = [...own, ...others].map(([from, to]): [string, number] => [to, distance(given, plain(from), most)]);
	return ranked.filter(([, far]) => far <= most).sort((a, b) => a[1] - b[1])[0]?.[0];
}

/** Without what tells `num_inference_steps`, `num-inference-steps` and `numInferenceSteps` apart. */
function plain(name: string): string {
	return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** Letters to insert, delete, replace or swap with their neighbour; names of which one is a part of the other (`steps`) are near. */
function distance(a: string, b: string, most: number): number {
	if (a === b) return 0;
	if (a.length >= 4 && b.includes(a)) return 1;
	if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
	const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)];
	for (let i = 1; i <= a.length; i++) {
		const [before, row] = [rows[i - 1]!, [i]];
		for (let j = 1; j <= b.length; j++) {
			const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity;
			row.push(Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + Number(a[i - 1] !== b[j - 1]), swapped));
		}
		rows.push(row);
	}
	return rows[a.length]![b.length]!;
}
