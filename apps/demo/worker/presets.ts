import { model as tiny } from "@drum/tiny";
import type { Model } from "../api/index.ts";

/** What is known of a checkpoint beside its configurations. */
export interface Preset {
	/** In place of the place where it lies. */
	name?: string;
	defaults?: Partial<Model["defaults"]>;
	/** What its users should know of it. */
	note?: string;
	/** Prompts that show what it can. */
	examples: readonly string[];
}

export const TINY: Preset = {
	name: "@drum/tiny",
	defaults: { numInferenceSteps: 25, guidanceScale: 4 },
	note: "A toy that comes with DrUM: simple shapes of 64 × 64 pixels, to show how a taste works. Any other model draws real pictures.",
	examples: [
		"a star",
		"three red circles",
		"a house, watercolour",
		"a cat on a yellow ground",
		"two blue striped fish",
		"a neon sign of a heart",
	],
};

/** Of checkpoints of any kind. */
export const GENERAL: Preset = {
	examples: [
		"a lighthouse on a cliff at dusk",
		"a fox in the snow, soft morning light",
		"a quiet street after the rain, neon signs",
		"portrait of an old sailor",
		"a bowl of fruit on a wooden table",
	],
};

/** Of the checkpoint that a source names. */
export function presetOf(source: string): Preset {
	return source === tiny ? TINY : GENERAL;
}
