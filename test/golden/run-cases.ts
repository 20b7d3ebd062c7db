import { DiffusionPipeline, type GenerateOptions, type GenerateResult, type Seed } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { afterAll } from "vitest";
import { expectNumbers, expectPictures, fixture } from "./pictures.ts";

// What cases of whole runs have in common: how they are called, opened and compared.

export const MODELS = [...STABLE_DIFFUSION, ...FLUX];

/** A run under diffusers' names. */
export interface RunCase {
	key: string;
	checkpoint: string;
	prompt: string[];
	negative_prompt: string | string[] | null;
	seed: Seed;
	steps: number;
	guidance_scale: number;
	height: number;
	width: number;
}

/** What each run is called with. */
export function runOptions(each: RunCase): GenerateOptions {
	return {
		negativePrompt: each.negative_prompt ?? undefined,
		seed: each.seed,
		numInferenceSteps: each.steps,
		guidanceScale: each.guidance_scale,
		height: each.height,
		width: each.width,
	};
}

/** A run whose options, whichever they are, stand beside these. */
export interface AnyCase<Kind extends string> extends Record<string, unknown> {
	key: string;
	checkpoint: Kind;
	prompt: string[];
	steps: number;
	/** Whether the condition is there. */
	conditions?: boolean;
}

/** Under diffusers' names in camelCase. */
export function anyOptions({ key, checkpoint, prompt, steps, conditions, ...rest }: AnyCase<string>): GenerateOptions {
	const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
	const entries = Object.entries(rest).map(([name, value]) => [camel(name), value]);
	return { numInferenceSteps: steps, ...Object.fromEntries(entries) };
}

/** Opens a model once for each different key, since runs leave nothing in it, and releases all after the file's tests. */
export function openedOnce<Opened extends { release(): Promise<void> }>() {
	const opened = new Map<string, Promise<Opened>>();
	afterAll(async () => {
		for (const each of opened.values()) await (await each).release();
	});
	return (key: unknown, open: () => Promise<Opened>): Promise<Opened> => {
		const text = JSON.stringify(key);
		const found = opened.get(text) ?? open();
		opened.set(text, found);
		return found;
	};
}

/** A pipeline of each of these checkpoints. */
export async function openKinds<Kind extends string>(kinds: readonly Kind[]): Promise<Record<Kind, DiffusionPipeline>> {
	const open = async (kind: Kind) => [kind, await DiffusionPipeline.fromPretrained(fixture(kind), { models: MODELS })];
	return Object.fromEntries(await Promise.all(kinds.map(open)));
}

/** Draws, and compares with what the oracle drew: the last latents within 1e-4, each pixel within 1/255. */
export async function expectRun(
	key: string,
	tensors: ReadonlyMap<string, Tensor>,
	draw: (following: Pick<GenerateOptions, "onStep">) => Promise<GenerateResult>,
): Promise<GenerateResult> {
	let latents = new Float32Array();
	const onStep = (step: { latents: Float32Array }) => {
		latents = step.latents.slice();
	};
	const result = await draw({ onStep });
	expectNumbers(latents, tensors.get(`${key}.latents`) as Tensor<"float32">, 1e-4);
	expectPictures(result.images, tensors.get(`${key}.images`) as Tensor<"uint8">);
	return result;
}
