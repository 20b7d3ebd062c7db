import { type Captioner, EndpointCaptioner, ZeroShotCaptioner } from "@drum/captions";
import { captionCandidates, clip, model as tinyModel } from "@drum/tiny";
import { InvalidArgumentError, Option } from "commander";
import type { ModelSource } from "../worker/models.ts";

/** What describes liked pictures whose files tell no prompt. */
export type CaptionerChoice = { kind: "openai"; model: string } | { kind: "tiny" } | { kind: "none" };

export function captionerOption(): Option {
	const text =
		"what describes liked pictures whose files contain no prompt: openai:<model> (OPENAI_API_KEY, OPENAI_BASE_URL), which then sees them, tiny, or none (default: tiny with that model, else none)";
	return new Option("--captioner <which>", text).argParser((which: string): CaptionerChoice => {
		const [, kind, model = ""] = /^(openai|tiny|none)(?::(.+))?$/.exec(which) ?? [];
		if (kind === "openai" && model !== "") return { kind, model };
		if ((kind === "tiny" || kind === "none") && model === "") return { kind };
		throw new InvalidArgumentError("Expected openai:<model>, tiny or none.");
	});
}

/** @throws ArgumentError where a key is missing */
export async function openCaptioner(
	choice: CaptionerChoice | undefined,
	models: readonly ModelSource[],
	env: NodeJS.ProcessEnv,
): Promise<{ captioner: Captioner | undefined } & AsyncDisposable> {
	const kind = choice?.kind ?? (models.some(({ source }) => source === tinyModel) ? "tiny" : "none");
	if (choice?.kind === "openai") {
		const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = env;
		const captioner = new EndpointCaptioner({ model: choice.model, apiKey, baseUrl: baseUrl || undefined });
		return { captioner, [Symbol.asyncDispose]: async () => {} };
	}
	if (kind !== "tiny") return { captioner: undefined, [Symbol.asyncDispose]: async () => {} };
	const options = { candidates: captionCandidates, name: "@drum/tiny", threads: 1 };
	const captioner = await ZeroShotCaptioner.fromPretrained(clip, options);
	return { captioner, [Symbol.asyncDispose]: () => captioner.release() };
}
