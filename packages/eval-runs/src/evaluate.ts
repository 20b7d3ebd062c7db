import { checkNames, namesOf } from "@drum/tensor";
import { clipError } from "./check-clip.ts";
import { type PlannedMethod, planOf } from "./plan.ts";
import type { RunModels } from "./run-models.ts";
import type { RunStore } from "./run-store.ts";
import type { RunSettings } from "./settings.ts";
import type { MeasurePictures, Preferences, Rewriters } from "./study-options.ts";
import { takeUnits } from "./take-units.ts";

export interface EvaluateOptions {
	/** A run that has begun. */
	readonly store: RunStore;
	/** Opens one of the settings' models, by its place there. */
	readonly open: (model: number, settings: RunSettings) => Promise<RunModels>;
	/** What is measured besides the settings' tables and figures. Default nothing. */
	readonly more?: readonly PlannedMethod[] | undefined;
	readonly rewriters?: ((models: RunModels) => Rewriters) | undefined;
	/** What tells ViPer's attributes, where it is a method. */
	readonly preferences?: Preferences | undefined;
	readonly measurePictures?: ((models: RunModels) => MeasurePictures) | undefined;
	/** Called with each model that lacks a unit, before its first. */
	readonly onModel?: ((models: RunModels, model: number) => Promise<void> | void) | undefined;
	/** Called as units are kept that this process measured. */
	readonly onUnit?: ((done: number, total: number, unit: { user: number; method: string }) => void) | undefined;
	/** Stops after the unit in progress, and throws the signal's reason. */
	readonly signal?: AbortSignal | undefined;
}

const OPTIONS = namesOf<EvaluateOptions>({
	store: true,
	open: true,
	more: true,
	rewriters: true,
	preferences: true,
	measurePictures: true,
	onModel: true,
	onUnit: true,
	signal: true,
});

/**
 * Measures what a run lacks, model by model, together with any other processes that do. Killed at any point, the next call goes on: a unit
 * that was kept is never measured again.
 * @throws ArgumentError where a model has other weights than the run began with; what opening a model and measuring throws; the
 * signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<void> {
	checkNames("evaluate", options, OPTIONS);
	const { store, open, rewriters, preferences, measurePictures, onModel, onUnit, signal } = options;
	const settings = await store.settings();
	if (!settings) throw new Error("a run that has not begun");
	const plan = [...planOf(settings), ...(options.more ?? [])];
	const all = (await store.userCount()) * plan.length;
	const total = all * settings.models.length;
	for (const model of settings.models.keys()) {
		if ((await store.unitCount(model)) === all) continue;
		signal?.throwIfAborted();
		await using models = await open(model, settings);
		checkAligned(models, settings);
		await store.agree(model, models.pipeline.model.name, models.fingerprint);
		await onModel?.(models, model);
		const before = await store.unitCount();
		let own = 0;
		await takeUnits({
			...{ store, model, plan, models, settings, signal },
			rewriters: rewriters?.(models),
			preferences,
			measurePictures: measurePictures?.(models),
			onUnit: (unit) => onUnit?.(before + ++own, total, unit),
		});
	}
}

function checkAligned({ aligned, pipeline, scorer }: RunModels, { tables, figures }: RunSettings): void {
	if (aligned.length > 0 || !(tables.includes("2b") || figures.includes("3"))) return;
	const own = Object.values(pipeline.encoders).filter(({ hasClassRow }) => hasClassRow);
	const widths = own.map(({ width }) => width).join(" or ");
	throw clipError(pipeline.name, widths, `${scorer.text.name}, of width ${scorer.text.width}`);
}
