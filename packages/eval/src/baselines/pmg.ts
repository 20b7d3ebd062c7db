import { AnswerError } from "@drum/hub";
import { checkPrompts, type Reference } from "@drum/peca";
import { checkNames } from "@drum/tensor";
import { checkLiked } from "../liked-history.ts";
import type { EvaluatedUser } from "../user-features.ts";
import type { ChatModel } from "./chat-client.ts";

export interface PMGOptions {
	/** What tells the user's keywords: the paper has LLaMA2-7B. */
	readonly chat: ChatModel;
	/** The request, of the liked prompts, most liked first, and the number of keywords. Default our own wording. */
	readonly template?: (liked: readonly string[], keywords: number) => string;
	readonly signal?: AbortSignal | undefined;
}

/** `HIS_SEQ_LEN` and `style_keyword_num` of the authors' code for movies. */
const [LIKED, KEYWORDS] = [3, 8];

/**
 * PMG (Shen et al., WWW 2024) by its keywords: a language model says in keywords what the user likes, and they are put after each
 * target. As the authors' code does, it looks at the three prompts that were liked most, of equally liked ones the newest.
 *
 * Their soft preference embeddings, which need a language model trained for each data set, are in the published code as little as here
 * (https://github.com/mindspore-lab/models/tree/master/research/huawei-noah/PMG); and where it draws once with the keywords and once
 * with each of them twice, and takes the picture that CLIP finds better, this has them once.
 * @returns a prompt for each target, and the keywords
 * @throws ArgumentError for targets or a history that are none; AnswerError for an answer without keywords; what `chat` throws.
 */
export async function pmg(
	user: EvaluatedUser,
	options: PMGOptions,
): Promise<{ prompts: string[]; keywords: string[] }> {
	checkNames("pmg", options, ["chat", "template", "signal"]);
	const { chat, template = keywordsRequest, signal } = options;
	const targets = checkPrompts(user.targets);
	const content = template(mostLiked(checkLiked(user.history)), KEYWORDS);
	const answer = await chat.complete([{ role: "user", content }], { signal });
	const keywords = keywordsOf(answer).slice(0, KEYWORDS);
	if (keywords.length === 0) {
		const found = answer.trim().slice(0, 100) || "nothing";
		throw new AnswerError({ what: "the model's answer", expected: "keywords, numbered", found });
	}
	return { prompts: targets.map((target) => [target, ...keywords].join(", ")), keywords };
}

function mostLiked(history: readonly Reference[]): string[] {
	const newestFirst = history.toReversed().sort((a, b) => b.intensity - a.intensity);
	return newestFirst.slice(0, LIKED).map(({ prompt }) => prompt);
}

/**
 * Asks for what the authors ask for, in words of our own, and for any prompts, not movies alone. Theirs: `STYLE_PROMPT` in
 * https://github.com/mindspore-lab/models/blob/cd1301bd181690486620b164077cd8065d9366eb/research/huawei-noah/PMG/prompts.py
 */
function keywordsRequest(liked: readonly string[], keywords: number): string {
	return [
		`What does a person like who chose the following? Answer with ${keywords} keywords about the person's interests and taste, numbered,`,
		'and nothing else, as "1. Keyword 2. Keyword 3. Keyword".',
		"",
		...liked.map((prompt, i) => `${i + 1}. ${prompt.replace(/\s+/g, " ").trim()}`),
	].join("\n");
}

/** Numbered, on one line or on several; each once. */
function keywordsOf(answer: string): string[] {
	const numbered = answer.matchAll(/(?<!\S)\d+[.)]\s+([\s\S]*?)(?=\s+\d+[.)]\s|\n|$)/g);
	const keywords = [...numbered].map(([, keyword]) => keyword!.replace(/^[\s*"']+|[\s*"',;.]+$/g, ""));
	return [...new Set(keywords)].filter((keyword) => keyword !== "");
}
