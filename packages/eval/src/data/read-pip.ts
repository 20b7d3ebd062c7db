import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Reference } from "@drum/peca";
import { ArgumentError, checkNames, FileError, shown } from "@drum/tensor";
import * as z from "zod";
import { type EvaluationUser, type LeaveOutOptions, leaveOut, splitNewest } from "./evaluation-user.ts";
import { jsonLines } from "./json-lines.ts";
import { unreadable } from "./unreadable.ts";

export interface PIPOptions extends LeaveOutOptions {
	/**
	 * What a target is: the prompt as the user wrote it, as in DrUM's evaluation, or `"query"`, its abbreviation to less than ten words
	 * that the data set has with it, which Tailored Visions rewrites. Default `"prompt"`.
	 */
	readonly target?: "prompt" | "query";
}

/** https://github.com/zzjchen/Tailored-Visions/blob/0bc87c0/README.md#pip-dataset; fields that are not read are not checked. */
const ENTRY = z.looseObject({ prompt: z.string(), query: z.string().optional() });
type Entry = z.infer<typeof ENTRY>;

/** Lines of their own: what follows is history, or the two entries kept for the test. */
const TRAIN = "train_samples:";
const TEST = "test_samples:";

/**
 * Users of the Personalized Image-Prompt data set (PIP), a folder with one JSONL file for each, named after the user.
 *
 * The paper takes a user's two newest entries as targets, "following the process in" Tailored Visions, whose files keep two entries
 * apart, after the others: those are the targets, and the history is in the file's order. In a file that keeps none apart, the last
 * two are. Entries flagged NSFW stay; entries with a blank prompt, which no encoder tells apart, are left out. PIP has no intensities.
 * @throws FileError where the folder has no such files, naming the line that is malformed; without `onLeftOut` also for a user with
 * too few entries; ArgumentError for another `target`.
 */
export async function* readPIP(folder: string, options: PIPOptions = {}): AsyncGenerator<EvaluationUser> {
	checkNames("readPIP", options, ["target"]);
	const { target = "prompt" } = options;
	if (target !== "prompt" && target !== "query") {
		throw new ArgumentError({ what: "target", expected: '"prompt" or "query"', found: shown(target) });
	}
	const files = (await readdir(folder).catch((cause: unknown) => Promise.reject(unreadable(folder, cause)))).filter(
		(file) => file.endsWith(".jsonl"),
	);
	if (files.length === 0) {
		throw new FileError({
			what: folder,
			expected: "a .jsonl file for each user",
			found: "none",
			next: "Unzip PIP there",
		});
	}
	const { compare } = new Intl.Collator("en", { numeric: true });
	for (const file of files.sort(compare)) {
		const user = await readUser(join(folder, file), target, options);
		if (user) yield user;
	}
}

async function readUser(
	path: string,
	target: "prompt" | "query",
	options: LeaveOutOptions,
): Promise<EvaluationUser | undefined> {
	const id = basename(path, ".jsonl");
	const train: Reference[] = [];
	let test: Reference[] | undefined;
	for await (const { value, place } of jsonLines(path)) {
		if (value === TRAIN) continue;
		if (value === TEST) {
			test = [];
			continue;
		}
		const prompt = promptOf(entryOf(value, place), test ? target : "prompt", place);
		if (prompt.trim() !== "") (test ?? train).push({ prompt, intensity: 1 });
	}
	if (test ? test.length !== 2 : target === "query") {
		const fault = { expected: `two entries after "${TEST}"`, found: String(test?.length ?? "none") };
		leaveOut({ id, place: path }, fault, options.onLeftOut);
		return undefined;
	}
	return splitNewest(id, [...train, ...(test ?? [])], path, options);
}

function entryOf(value: unknown, place: string): Entry {
	const { data, error } = ENTRY.safeParse(value);
	if (data) return data;
	const { path, message } = error.issues[0]!;
	const found = `${path.join(".")}: ${message}`.replace(/^: /, "");
	throw new FileError({ what: place, expected: 'an entry with a "prompt"', found, cause: error });
}

function promptOf(entry: Entry, field: "prompt" | "query", place: string): string {
	const prompt = entry[field];
	if (prompt !== undefined) return prompt;
	throw new FileError({ what: place, expected: `an entry with a "${field}"`, found: "none" });
}
