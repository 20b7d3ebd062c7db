import { isSource, namesFile, REPOSITORY_OPTIONS, type WeightsSource } from "@drum/hub";
import { ArgumentError, checkNames, namesOf, shown } from "@drum/tensor";
import type { PipelineOptions } from "./pipeline-parts.ts";
import { checkPlaces } from "./sources/check-places.ts";

const OWN = namesOf<Omit<PipelineOptions, (typeof REPOSITORY_OPTIONS)[number]>>({
	variant: true,
	textualInversions: true,
	config: true,
	encoders: true,
	denoiser: true,
	vae: true,
	previewVae: true,
	schedulerConfig: true,
	device: true,
	threads: true,
	maxSequenceLength: true,
	dtype: true,
	onQuantize: true,
	onLayerErrors: true,
	offload: true,
});

/**
 * Checks the options of a call that opens a checkpoint or a part of it: all of them take all of these, and `more`.
 * @throws ArgumentError that names an unknown option or a wrong place, or for `models` in `more` without a model
 */
export function checkOpening(what: string, options: unknown, more: readonly string[] = []): void {
	checkNames(what, options, [...OWN, ...REPOSITORY_OPTIONS, ...more]);
	checkPlaces((options ?? {}) as PipelineOptions);
	checkInversions((options as PipelineOptions | undefined)?.textualInversions);
	if (!more.includes("models")) return;
	checkModels((options as { models?: unknown } | undefined)?.models);
}

/** @throws ArgumentError where `source` is no file's place */
export async function checkIsFile(source: WeightsSource): Promise<void> {
	if (await namesFile(source)) return;
	throw new ArgumentError({
		what: shown(source),
		expected: "a safetensors file: its path, or owner/name/file.safetensors on the hub",
		found: "a place of another kind",
		next: "Open a folder or a hub id with fromPretrained",
	});
}

function checkInversions(list: PipelineOptions["textualInversions"] = []): void {
	const what = "textualInversions";
	if (!Array.isArray(list))
		throw new ArgumentError({ what, expected: "a list of { source, token? }", found: shown(list) });
	for (const each of list) {
		checkNames(what, each ?? null, ["source", "token", "encoder", "weightName"]);
		if (isSource(each.source)) continue;
		throw new ArgumentError({
			what: `source of ${what}`,
			expected: "a file, a folder or a hub id",
			found: shown(each.source),
		});
	}
}

/** @throws ArgumentError where there is no list of foundation models. */
export function checkModels(models: unknown): void {
	if (Array.isArray(models) && models.length > 0) return;
	throw new ArgumentError({
		what: "models",
		expected: "a list of at least one foundation model",
		found: shown(models),
		next: "STABLE_DIFFUSION of @drum/pipelines-sd and FLUX of @drum/pipelines-flux are such lists",
	});
}
