import type { DrUM, HistoryItem, Profile, ProfileOptions } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import type { GenerateOptions } from "../options/generate.ts";
import type { Progress } from "../progress.ts";
import { readHistory } from "../read-history.ts";
import type { Surroundings } from "../surroundings.ts";

/** What steers a picture: nothing, a profile, or a history of which one is made. */
export type Personal =
	| { profile: Profile; history?: undefined }
	| { history: HistoryItem[]; sampling: Pick<ProfileOptions, "ratio" | "size" | "halfLife">; profile?: undefined };

/**
 * Reads what the options name, so that what is wrong with it is told before a model is looked for. Undefined for a plain
 * picture, as without options, or with an empty history.
 * @throws ArgumentError for options that do not go together; FileError, CheckpointError for files that are wrong.
 */
export async function readPersonal(
	options: GenerateOptions,
	around: Surroundings,
	progress: Progress,
): Promise<Personal | undefined> {
	const { reference, weight, profile: path, history: file, format, captioner, ratio, size, halfLife } = options;
	if (weight && weight.length !== (reference?.length ?? 0)) {
		throw new ArgumentError({
			what: "--weight",
			expected: "one for each --reference, in the same order, or none",
			found: `${weight.length} for ${reference?.length ?? 0}`,
		});
	}
	if (reference?.some((prompt) => prompt.trim() === "")) {
		throw new ArgumentError({ what: "--reference", expected: "a prompt", found: "an empty one" });
	}
	if (file === undefined) {
		for (const [name, value] of Object.entries({ ratio, size, format, captioner, "half-life": halfLife })) {
			if (value === undefined) continue;
			throw new ArgumentError({ what: `--${name}`, expected: "a --history to go with it", found: "none" });
		}
	}
	const { checkHistory, Profile } = await import("@drum/peca");
	if (path !== undefined) {
		const profile = await Profile.load(path);
		return profile.history.length > 0 ? { profile } : undefined;
	}
	const history = reference
		? reference.map((prompt, i) => ({ prompt, intensity: weight?.[i] }))
		: file === undefined
			? []
			: await readHistory(file, { format, captioner }, around, progress);
	checkHistory(history);
	if (history.length === 0) return undefined;
	return { history, sampling: reference ? { ratio: 1 } : { ratio, size, halfLife } };
}

/** The profile that steers the picture. */
export async function profileOf<O extends object, R>(
	drum: DrUM<O, R>,
	personal: Personal,
	progress: Progress,
	signal: AbortSignal,
): Promise<Profile> {
	if (personal.profile) return personal.profile;
	return drum.profile(personal.history, {
		...personal.sampling,
		signal,
		onProgress: ({ station, done, total }) => progress.show(station, done, total),
	});
}
