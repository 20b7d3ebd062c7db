import { type ChatModel, clipRetrieval, pmg, tailoredVisions, viperPreferences } from "@drum/eval";
import type { RunModels } from "./run-models.ts";
import type { Preferences, Rewriters } from "./study-options.ts";

/** Tailored Visions and PMG, by a language model; the prompts that the first rewrites after are found by the run's CLIP. */
export function languageRewriters(chat: ChatModel): (models: Pick<RunModels, "text">) => Rewriters {
	return ({ text }) => ({
		tv: async (user, signal) => {
			const retrieval = clipRetrieval(text);
			return (await tailoredVisions(user, { chat, retrieval, signal })).prompts;
		},
		pmg: async (user, signal) => (await pmg(user, { chat, signal })).prompts,
	});
}

/** ViPer's attributes, by a language model from the prompts: the data sets have no pictures with comments. */
export function languagePreferences(chat: ChatModel): Preferences {
	return (user, signal) => viperPreferences(user, { chat, signal });
}
