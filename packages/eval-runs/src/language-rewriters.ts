import { type ChatModel, clipRetrieval, pmg, tailoredVisions } from "@drum/eval";
import type { RunModels } from "./run-models.ts";
import type { Rewriters } from "./user-study.ts";

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
