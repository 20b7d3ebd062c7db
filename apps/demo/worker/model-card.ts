import type { CheckpointSettings } from "@drum/pipeline";
import type { Model } from "../api/index.ts";
import type { Preset } from "./presets.ts";

/** The paper's for histories of prompts. */
const ALPHA = 0.3;

/** What users see of a checkpoint: what its configurations say, and what is known of it besides. */
export function modelCard(
	named: Pick<Model, "id" | "source" | "adapters" | "loras">,
	{ model, width, height, sizeMultiple, schedulers }: CheckpointSettings,
	{ defaults, note, examples }: Omit<Preset, "name">,
): Model {
	return {
		...named,
		kind: model.name,
		...(note && { note }),
		defaults: { width, height, ...model.defaults, alpha: ALPHA, ...defaults },
		sizeMultiple,
		schedulers: [...schedulers],
		examples: [...examples],
	};
}
