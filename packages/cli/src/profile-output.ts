import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Profile } from "@drum/pipeline";
import { FileError } from "@drum/tensor";
import { SafetensorsFile } from "@drum/tensor/node";
import { makeFolder } from "./output-folder.ts";
import { picksOfProfile, picksTable } from "./picks.ts";
import { jsonText } from "./printable.ts";
import type { Progress } from "./progress.ts";
import type { Surroundings } from "./surroundings.ts";

interface Written {
	out: string;
	json?: true;
	/** Whether a file was there; if so, the command says that it was replaced. */
	replaces: boolean;
}

/** Saves a profile that a command has made, and tells what it keeps. */
export async function writeProfile(
	profile: Profile,
	{ out, json, replaces }: Written,
	{ around, progress }: { around: Surroundings; progress: Progress },
): Promise<void> {
	await makeFolder(dirname(resolve(out)));
	await profile.save(out);
	progress.end();
	around.stdout.write(json ? jsonText(document(out, profile, progress.warnings)) : report(out, profile));
	if (replaces) progress.note(`replaced ${out}`);
}

/** Whether there is a file to be replaced. Only profiles are: what is overwritten by mistake could be a model. */
export async function checkReplaceable(out: string, force: boolean): Promise<boolean> {
	const found = await stat(out).catch(() => undefined);
	if (!found) return false;
	const fail = (what: string, next?: string): never => {
		throw new FileError({
			what: `--out ${out}`,
			expected: "a new file, or a profile to replace",
			found: what,
			...(next && { next }),
		});
	};
	if (found.isDirectory()) return fail("a folder", "Name the file, such as user.safetensors");
	const isProfile = await SafetensorsFile.open(out).then(
		({ metadata }) => metadata.drum_profile !== undefined,
		() => false,
	);
	if (!isProfile && !force) return fail("another kind of file", "Choose another name, or --force");
	return true;
}

function document(file: string, profile: Profile, warnings: Progress["warnings"]) {
	const { history, coreset, negativeCoreset, sampling } = profile;
	const disliked = negativeCoreset.length > 0 && { disliked: picksOfProfile(profile, negativeCoreset) };
	const kept = picksOfProfile(profile, coreset);
	return { file, history: history.length, sampling, kept, ...disliked, warnings };
}

function report(file: string, profile: Profile): string {
	const { history, coreset, negativeCoreset } = profile;
	const disliked = negativeCoreset.length > 0 ? `, ${negativeCoreset.length} of them disliked` : "";
	const kept = [...coreset, ...negativeCoreset];
	return `${file}: kept ${kept.length} of ${history.length} prompts${disliked}\n${picksTable(picksOfProfile(profile, kept))}`;
}
