import type { RunSettings } from "@drum/eval-runs";
import type { CheckpointSettings } from "@drum/pipeline";
import { ArgumentError, shown } from "@drum/tensor";
import type { RunOptions } from "../options/evaluation.ts";
import { checkAdapters, foundationModels, sourceOf } from "../options/model.ts";
import type { Progress } from "../progress.ts";
import { evaluationRuns } from "./packages.ts";

/**
 * Looks at a model's configurations, before its weights are fetched: whether the run's methods, sampling and CLIP are for it.
 * @throws ArgumentError naming the option; what reading the configurations throws.
 */
export async function checkModel(
	source: string,
	{ adapters, clip, tables, figures }: RunSettings,
	options: RunOptions,
	progress: Progress,
	signal: AbortSignal,
): Promise<void> {
	const { readCheckpointSettings } = await import("@drum/pipeline");
	const place = sourceOf(options, progress, signal);
	const settings = await readCheckpointSettings(source, { ...place, models: await foundationModels() });
	const { name, sizeMultiple, schedulers } = settings;
	if (options.methods.includes("fabric") && !takesFabric(settings)) {
		const next = "FABRIC is made for the networks of Stable Diffusion 1 and 2: leave it out of --methods";
		throw new ArgumentError({ what: "--methods", expected: `none that ${name} does not take`, found: "fabric", next });
	}
	if (options.methods.includes("viper") && !takesViPer(settings)) {
		const next = "ViPer is made for the networks of Stable Diffusion 1, 2 and XL: leave it out of --methods";
		throw new ArgumentError({ what: "--methods", expected: `none that ${name} does not take`, found: "viper", next });
	}
	for (const side of ["height", "width"] as const) {
		const pixels = options[side];
		if (pixels === undefined || pixels % sizeMultiple === 0) continue;
		throw new ArgumentError({
			what: `--${side}`,
			expected: `a multiple of ${sizeMultiple}, for ${name}`,
			found: shown(pixels),
		});
	}
	if (options.scheduler && !schedulers.includes(options.scheduler)) {
		const expected = `one of ${schedulers.join(", ")}, for ${name}`;
		throw new ArgumentError({ what: "--scheduler", expected, found: options.scheduler });
	}
	if (tables.includes("2b") || figures.includes("3")) {
		const { checkClip } = await evaluationRuns();
		await checkClip(settings.model, { model: source, clip }, place);
	}
	await checkAdapters({ ...options, model: source, adapters }, progress, signal);
}

function takesFabric({ model }: CheckpointSettings): boolean {
	return model.pipeline === "StableDiffusionPipeline";
}

function takesViPer({ model }: CheckpointSettings): boolean {
	return ["StableDiffusionPipeline", "StableDiffusionXLPipeline"].includes(model.pipeline);
}
