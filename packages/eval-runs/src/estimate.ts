import type { Method } from "./methods.ts";
import { type PlannedMethod, planOf } from "./plan.ts";
import type { RunModels } from "./run-models.ts";
import type { RunStore } from "./run-store.ts";
import type { RunSettings } from "./settings.ts";
import type { NumberedUser } from "./study-options.ts";
import { DRAWS, samplingOf } from "./user-study.ts";

/** What a model took for a little of everything, in seconds. */
export interface Trial {
	/** For a prompt's text features. */
	readonly prompt: number;
	/** For a step of a picture; 0 where none are drawn. */
	readonly step: number;
	/** For what a picture takes besides its steps. */
	readonly picture: number;
	/** Steps of a picture. */
	readonly steps: number;
	/** Bytes of a picture that is kept. */
	readonly bytes: number;
}

/** What a run's model has yet to do, and about what it will take on this machine alone. */
export interface Estimate {
	readonly units: number;
	readonly pictures: number;
	/** Calls of a language model, at most: recorded ones are not made again. */
	readonly chatCalls: number;
	readonly seconds: number;
	/** Of the database, on top of the weights. */
	readonly bytes: number;
}

const PROMPTS = 8;
const STEPS = 3;
/** A unit's row with its index. */
const UNIT_BYTES = 1000;

/** Encodes a few prompts, and draws one picture of three steps where the run draws any. */
export async function tryModel(models: RunModels, settings: RunSettings, user: NumberedUser): Promise<Trial> {
	const prompts = user.history.slice(0, PROMPTS).map(({ prompt }) => prompt);
	const { text } = models.scorer;
	// Once to load it.
	await text.encode(prompts.slice(0, 1));
	const start = performance.now();
	await text.encode(prompts);
	const prompt = seconds(start) / prompts.length;
	const sampling = samplingOf(settings);
	const { defaults } = models.pipeline.model;
	const steps = settings.steps ?? defaults.numInferenceSteps;
	if (!planOf(settings).some(({ drawn }) => drawn)) return { prompt, step: 0, picture: 0, steps, bytes: 0 };
	const times: number[] = [];
	const { images } = await models.pipeline.generate(user.targets[0]!, {
		...sampling,
		...{ numInferenceSteps: Math.min(STEPS, steps), seed: settings.seed },
		onStep: () => times.push(performance.now()),
	});
	const picture = seconds(times.at(-1)!);
	// The first step loads the model.
	const step = times.length > 1 ? (times.at(-1)! - times[0]!) / 1000 / (times.length - 1) : picture;
	const { width, height } = images[0]!;
	return { prompt, step, picture, steps, bytes: 2 * width * height };
}

/** What is lacking of a model, and what it will take by a trial. */
export async function estimateOf(
	store: RunStore,
	settings: RunSettings,
	model: number,
	trial: Trial,
): Promise<Estimate> {
	const plan = planOf(settings);
	let [units, pictures, chatCalls, prompts, kept] = [0, 0, 0, 0, 0];
	for (const { number, history, targets } of await store.usersInBrief()) {
		const done = await store.measured(model, number);
		const lacking = plan.filter(({ method }) => !done.has(method.name));
		if (lacking.length === 0) continue;
		const drawn = lacking.reduce((sum, planned) => sum + picturesOf(planned, targets.length), 0);
		units += lacking.length;
		pictures += drawn;
		if (number < settings.sheets) kept += drawn;
		chatCalls += lacking.reduce((sum, { method }) => sum + callsOf(method, targets.length), 0);
		// By the model's own encoder for the coreset, and by CLIP; a reference's condition takes about as much again.
		prompts += 2 * (history + targets.length);
		prompts += lacking.reduce((sum, { method }) => sum + 2 * referencesOf(method, history), 0);
	}
	return {
		...{ units, pictures, chatCalls },
		seconds: prompts * trial.prompt + pictures * (trial.steps * trial.step + trial.picture),
		bytes: units * UNIT_BYTES + kept * trial.bytes,
	};
}

/** Of FABRIC its own, whose steps see others too, and those it looks at: one that is liked and one that is not. Of ViPer each step sees two. */
function picturesOf({ method, drawn }: PlannedMethod, targets: number): number {
	if (!drawn) return 0;
	if (method.kind !== "steered") return targets;
	return method.name === "fabric" ? 2 * targets + 2 : 2 * targets;
}

function callsOf({ name }: Method, targets: number): number {
	return name === "tv" ? targets : name === "pmg" || name === "viper" ? 1 : 0;
}

function referencesOf(method: Method, history: number): number {
	if (method.kind !== "personal") return 0;
	const draws = method.sampler === "random" ? DRAWS : 1;
	return draws * Math.max(1, Math.round(method.ratio * history));
}

function seconds(since: number): number {
	return (performance.now() - since) / 1000;
}
