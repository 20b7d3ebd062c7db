import { ArgumentError, checkNames, shown } from "@drum/tensor";

/** Whose taste steers a picture. */
export interface DrumProfileOptions {
	/** The user's earlier prompts, each with how much it was liked: any number, below 0 for a dislike, only ratios count; default 1. */
	history?: { prompt: string; intensity?: number }[];
	/** A history that the service keeps, in place of one that is sent along. */
	historyId?: string;
	/** How much of the history the coreset keeps: this part of it, or `size`. Default: a tenth, but at least 8 prompts or all. */
	ratio?: number;
	/** So many prompts. */
	size?: number;
}

/** `providerOptions: { drum: … }` of `generateImage`; `n`, `size` and `seed` are options of its own. */
export interface DrumImageOptions {
	profile?: DrumProfileOptions;
	/** Degree of personalisation in [0, 1], with a profile. Default 0.3. */
	alpha?: number;
	/** The same of the negative prompt, by what the profile dislikes. Default 0.3. */
	negativeAlpha?: number;
	/** How prompts are read: as text, the default, or with weights and in chunks as A1111's web UI reads them. */
	promptSyntax?: "plain" | "a1111";
	negativePrompt?: string;
	numInferenceSteps?: number;
	guidanceScale?: number;
	scheduler?: string;
	/** How far the image of the prompt may change, above 0 to 1. */
	strength?: number;
}

/** What `generateImage` has under a name of its own. */
const OWN: Readonly<Record<string, string>> = {
	n: "n",
	numImagesPerPrompt: "n",
	size: "size",
	width: "size",
	height: "size",
	seed: "seed",
	signal: "abortSignal",
};

/**
 * The options of a call, of which names and profile are checked here; what draws checks the rest.
 * @param known all names that there are; default: whatever is given
 * @throws ArgumentError
 */
export function parseOptions(given: unknown, known?: readonly string[]): DrumImageOptions & Record<string, unknown> {
	if (given === undefined) return {};
	const what = "providerOptions.drum";
	if (typeof given === "object" && given !== null) {
		for (const name of Object.keys(given)) {
			const own = OWN[name];
			if (own === undefined) continue;
			const next = `Give ${own} to generateImage itself`;
			throw new ArgumentError({ what: `option ${name} of ${what}`, expected: "another name", next });
		}
	}
	checkNames(what, given, known ?? Object.keys(given as object));
	const { profile, ...options } = given as DrumImageOptions & Record<string, unknown>;
	if (profile === undefined) return options;
	checkProfile(profile);
	return { ...options, profile };
}

function checkProfile(profile: DrumProfileOptions): void {
	const what = "providerOptions.drum.profile";
	checkNames(what, profile, ["history", "historyId", "ratio", "size"]);
	const { history, historyId, ratio, size } = profile;
	if ((history === undefined) === (historyId === undefined)) {
		const found = history === undefined ? "neither" : "both";
		throw new ArgumentError({ what, expected: "either history or historyId", found });
	}
	if (history !== undefined && (!Array.isArray(history) || history.length === 0))
		throw new ArgumentError({
			what: `${what}.history`,
			expected: "a list of at least one prompt",
			found: shown(history),
		});
	if (ratio !== undefined && size !== undefined)
		throw new ArgumentError({ what, expected: "ratio or size", found: "both" });
}

/** @throws ArgumentError for a degree of personalisation that nothing is personalised by */
export function checkAlpha(alpha: number | undefined, hasProfile: boolean): void {
	if (alpha === undefined || alpha === 0 || hasProfile) return;
	const next = "Give a profile beside it, such as { history: [{ prompt: … }] }";
	throw new ArgumentError({ what: "providerOptions.drum.alpha", expected: "a profile", found: "none", next });
}
