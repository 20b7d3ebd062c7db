import { PREFERENCES_FORM, parsePreferences, type VisualPreferences } from "@drum/captions";
import { AnswerError } from "@drum/hub";
import { checkHistory, type Reference } from "@drum/peca";
import { checkNames } from "@drum/tensor";
import type { ChatModel } from "../baselines/chat-client.ts";
import type { EvaluatedUser } from "../user-features.ts";

export interface ViPerPreferencesOptions {
	/** What tells the attributes: ViPer has a vision-language model of its own. */
	readonly chat: ChatModel;
	readonly signal?: AbortSignal | undefined;
}

/** Pictures that ViPer's authors recommend to comment on: so many that are liked, and so many that are not. */
const EACH = 8;

/**
 * ViPer's attributes of a user of whom there are neither pictures nor comments, as in the paper's data sets: a language model tells them from
 * the prompts that were liked most and least, eight of each at most. With pictures and comments there
 * is `visualPreferences` of `@drum/captions`.
 * @throws ArgumentError for a history that is none; AnswerError for an answer without attributes; what `chat` throws.
 */
export async function viperPreferences(
	user: Pick<EvaluatedUser, "history">,
	options: ViPerPreferencesOptions,
): Promise<VisualPreferences> {
	checkNames("viperPreferences", options, ["chat", "signal"]);
	const { chat, signal } = options;
	const { liked, disliked } = judged(checkHistory(user.history));
	const content = [
		"A person liked pictures of the first prompts below, and did not like pictures of the second. Work out from the prompts which artistic",
		"features this person likes and which they dislike: colours, style, composition, mood, medium, texture, light, perspective. Leave out",
		"what the pictures are of.",
		...["", "Liked pictures:", ...numbered(liked)],
		...["", "Disliked pictures:", ...numbered(disliked)],
		...["", PREFERENCES_FORM],
	].join("\n");
	const answer = await chat.complete([{ role: "user", content }], { signal });
	const preferences = parsePreferences(answer);
	if (preferences) return preferences;
	const found = answer.trim().slice(0, 100) || "nothing";
	throw new AnswerError({ what: "the model's answer", expected: "attributes, liked and disliked", found });
}

/** By the middle between the most and the least that a prompt was liked: below it are the disliked ones, of which none where all are liked alike. */
function judged(history: readonly Reference[]): { liked: string[]; disliked: string[] } {
	const newest = history.toReversed().sort((a, b) => b.intensity - a.intensity);
	const middle = ((newest[0]?.intensity ?? 0) + (newest.at(-1)?.intensity ?? 0)) / 2;
	const [liked, disliked] = [
		newest.filter(({ intensity }) => intensity >= middle),
		newest.filter(({ intensity }) => intensity < middle),
	];
	return { liked: liked.slice(0, EACH).map(promptOf), disliked: disliked.slice(-EACH).map(promptOf) };
}

function promptOf({ prompt }: Reference): string {
	return prompt.replace(/\s+/g, " ").trim();
}

function numbered(prompts: readonly string[]): string[] {
	return prompts.length === 0 ? ["(none)"] : prompts.map((prompt, i) => `${i + 1}. ${prompt}`);
}
