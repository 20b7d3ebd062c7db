import type { ChatModel } from "@drum/eval";
import type { RunModels, RunSettings, RunStore } from "@drum/eval-runs";
import { bytesText } from "@drum/tensor";
import type { WorkOptions } from "../options/evaluation.ts";
import { openingOf } from "../options/model.ts";
import type { Progress } from "../progress.ts";
import { evaluationRuns } from "./packages.ts";

interface Work {
	readonly store: RunStore;
	readonly settings: RunSettings;
	/** Where the settings' models are on this machine. */
	readonly sources: { models: readonly string[]; adapters: string; clip: string };
	readonly chat: ChatModel | undefined;
	readonly options: WorkOptions;
	readonly progress: Progress;
	readonly signal: AbortSignal;
}

/** Measures what the run lacks, with an estimate before and progress on the way. @returns how many units this process measured */
export async function work({ store, settings, sources, chat, options, progress, signal }: Work): Promise<number> {
	const { evaluate, languagePreferences, languageRewriters, RunModels } = await evaluationRuns();
	const { models, adapters, clip } = sources;
	let measured = 0;
	await evaluate({
		...{ store, signal },
		open: async (model) => {
			const opening = await openingOf(options, progress, signal);
			return RunModels.open({ model: models[model]!, adapters, clip }, opening);
		},
		...(chat && { rewriters: languageRewriters(chat), preferences: languagePreferences(chat) }),
		onModel: async (opened, model) => progress.note(await forecast(store, settings, opened, model)),
		onUnit(done, total, { user, method }) {
			measured++;
			progress.show("units", done, total, `user ${user}, ${method}`);
		},
	});
	progress.end();
	return measured;
}

/** What is to be done, and how long it takes by a short trial. */
async function forecast(store: RunStore, settings: RunSettings, models: RunModels, model: number): Promise<string> {
	const { duration, estimateOf, tryModel } = await evaluationRuns();
	const trial = await tryModel(models, settings, await store.user(0));
	const { units, pictures, chatCalls, seconds, bytes } = await estimateOf(store, settings, model, trial);
	const parts = [
		`${units} units to measure, ${pictures} pictures to draw`,
		`about ${duration(seconds)} by this machine alone`,
		`about ${bytesText(Math.round(bytes))} of disk`,
		...(chatCalls > 0 ? [`at most ${chatCalls} calls of ${settings.chat}`] : []),
	];
	return `${models.pipeline.model.name} (${settings.models[model]}): ${parts.join(", ")}`;
}
