import { stat } from "node:fs/promises";
import type { ChatModel } from "@drum/eval";
import { ArgumentError } from "@drum/tensor";
import type { Surroundings } from "../surroundings.ts";
import { evaluation } from "./packages.ts";

/**
 * The language model that a run asks; without a key or a server of one's own, its recorded calls alone.
 * @throws ArgumentError where there is neither; FileError for a recording that is none.
 */
export async function chatModel(
	recording: string,
	model: string,
	{ env }: Pick<Surroundings, "env">,
): Promise<ChatModel> {
	const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = env;
	const replayOnly = !apiKey && !baseUrl;
	if (replayOnly && !(await stat(recording).catch(() => undefined))) {
		const next = "Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none, or give --recording";
		throw new ArgumentError({
			what: "methods tv, pmg and viper",
			expected: `${model}, or its recorded calls`,
			found: "neither",
			next,
		});
	}
	const { ChatClient } = await evaluation();
	return ChatClient.open({ recording, model, apiKey, baseUrl, replayOnly });
}
