import { checkPrompts } from "@drum/peca";
import { checkNames } from "@drum/tensor";
import { checkLiked } from "../liked-history.ts";
import type { EvaluatedUser } from "../user-features.ts";
import type { ChatModel } from "./chat-client.ts";
import type { Retrieval } from "./retrieval.ts";
import { withoutRepeats } from "./without-repeats.ts";

export interface TailoredVisionsOptions {
	/** What rewrites prompts: the paper has GPT-4o. */
	readonly chat: ChatModel;
	/** What finds the history's prompts to rewrite by: `clipRetrieval` of ViT-L in the paper. */
	readonly retrieval: Retrieval;
	/** The request, of the prompts that were found, nearest first, and the target. Default our own wording. */
	readonly template?: (retrieved: readonly string[], target: string) => string;
	readonly signal?: AbortSignal | undefined;
}

/** More than three prompts made pictures worse. */
const RETRIEVED = 3;

/**
 * Tailored Visions (Chen et al., CVPR 2024) rewrites each target after the three most similar prompts of the history.
 * @returns a rewritten prompt for each target, and what it was rewritten after
 * @throws ArgumentError for targets or a history that are none; what `chat` and `retrieval` throw; the signal's reason.
 */
export async function tailoredVisions(
	user: EvaluatedUser,
	options: TailoredVisionsOptions,
): Promise<{ prompts: string[]; retrieved: string[][] }> {
	checkNames("tailoredVisions", options, ["chat", "retrieval", "template", "signal"]);
	const { chat, retrieval, template = rewritingRequest, signal } = options;
	const targets = checkPrompts(user.targets);
	const history = withoutRepeats(checkLiked(user.history).map(({ prompt }) => prompt));
	const retrieved = await retrieval(history, targets, { count: RETRIEVED, signal });
	const prompts: string[] = [];
	for (const [i, target] of targets.entries()) {
		const content = template(retrieved[i]!, target);
		prompts.push(promptOf(await chat.complete([{ role: "user", content }], { signal })));
	}
	return { prompts, retrieved };
}

/**
 * Asks for what the authors ask for, in words of our own, since their text comes without a licence: the objects kept, the user's
 * preferences taken over, 70 words at most, no examples. To compare with their very words, give them as `template`: `get_ZS_example` in
 * https://github.com/zzjchen/Tailored-Visions/blob/69e0b12f76d2ffcf9fc4088e171fe1ef5b44843e/prompts.py
 */
function rewritingRequest(retrieved: readonly string[], target: string): string {
	return [
		"A text-to-image prompt tells what a picture shows and how. What a user likes is seen in prompts that the user wrote before.",
		"Rewrite the new prompt below so that it suits this user. Keep the main objects of the new prompt, and take over from the earlier",
		"prompts what shows the user's taste. Do not digress. Answer with the rewritten prompt alone: one sentence of at most 70 words.",
		"",
		"Earlier prompts:",
		...retrieved.map((prompt, i) => `${i + 1}. ${oneLine(prompt)}`),
		"",
		`New prompt: ${oneLine(target)}`,
		"Rewritten prompt:",
	].join("\n");
}

/** Models like to put an answer into quotes. */
function promptOf(answer: string): string {
	return oneLine(answer).replace(/^"([^"]*)"$|^“([^”]*)”$/, "$1$2");
}

function oneLine(text: string): string {
	return text.replace(/\s+/g, " ").trim();
}
