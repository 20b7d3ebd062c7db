import type { CaptionedItem, Captioner } from "@drum/captions";
import { expandPath } from "@drum/tensor/node";
import { tiny, transformersCaptioner } from "./evaluation/packages.ts";
import type { CaptionerChoice } from "./options/history.ts";
import { printable } from "./printable.ts";
import type { Progress } from "./progress.ts";
import type { Surroundings } from "./surroundings.ts";

/** A captioner that may hold a model. */
export type HeldCaptioner = Captioner & Partial<AsyncDisposable>;

/**
 * Opens what `--captioner` names.
 * @throws ArgumentError for a key that is missing, or a package that is not installed; what opening a model throws.
 */
export async function openCaptioner(
	choice: CaptionerChoice,
	{ env }: Pick<Surroundings, "env">,
): Promise<HeldCaptioner> {
	const { EndpointCaptioner, ZeroShotCaptioner } = await import("@drum/captions");
	if (choice.kind === "openai") {
		const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = env;
		return new EndpointCaptioner({ model: choice.model, apiKey, baseUrl: baseUrl || undefined });
	}
	if (choice.kind === "transformers") {
		const { TransformersCaptioner } = await transformersCaptioner();
		return TransformersCaptioner.fromPretrained(expandPath(choice.source, env));
	}
	const { captionCandidates, clip } = await tiny();
	return ZeroShotCaptioner.fromPretrained(clip, { candidates: captionCandidates, name: "@drum/tiny" });
}

/** Says which words stand for a picture: the user is to see them before they count. */
export function tellCaption({ prompt, captionFrom }: CaptionedItem, image: string, progress: Progress): void {
	progress.note(printable(`${image}: ${prompt} (${captionFrom})`));
}
