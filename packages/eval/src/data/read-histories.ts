import { INTENSITY_NAMES, intensityNames, type Reference } from "@drum/peca";
import { FileError, shown } from "@drum/tensor";
import * as z from "zod";
import { type EvaluationUser, type LeaveOutOptions, splitNewest } from "./evaluation-user.ts";
import { type JsonLine, jsonLines } from "./json-lines.ts";

const intensity = z.number().min(0).nullish();

const ENTRY = z.looseObject({
	user: z.union([z.string().min(1), z.number()]),
	prompt: z.string().refine((prompt) => prompt.trim() !== "", "an empty prompt"),
	intensity,
	rating: intensity,
	weight: intensity,
});

/**
 * Users from a JSONL file of `{ user, prompt, intensity? }`, oldest first; an intensity may be called `rating` or `weight` too, and is 1
 * where there is none; other fields are skipped. A user's lines must stand together: so one user is held at a time, however large
 * the file is.
 * @throws FileError where the file cannot be read, naming the line that is malformed, and for a user whose lines stand apart; without
 * `onLeftOut` also for a user who cannot be evaluated.
 */
export async function* readHistories(path: string, options: LeaveOutOptions = {}): AsyncGenerator<EvaluationUser> {
	const seen = new Set<string>();
	let entries: Reference[] = [];
	let id: string | undefined;
	let first = "";
	const whole = () =>
		id === undefined ? undefined : splitNewest(id, entries, `user ${shown(id)} (${first})`, options);
	for await (const line of jsonLines(path)) {
		const { user, reference } = entryOf(line);
		if (user !== id) {
			const before = whole();
			if (before) yield before;
			[id, first, entries] = [user, line.place, []];
			if (seen.has(id)) throw apart(id, line);
			seen.add(id);
		}
		entries.push(reference);
	}
	const last = whole();
	if (last) yield last;
}

function entryOf({ value, place }: JsonLine): { user: string; reference: Reference } {
	const { data, error } = ENTRY.safeParse(value);
	if (!data) {
		const { path, message } = error.issues[0]!;
		const expected = '{"user": "…", "prompt": "…", "intensity": 1}';
		throw new FileError({ what: place, expected, found: `${path.join(".")}: ${message}`, cause: error });
	}
	const names = intensityNames(data);
	if (names.length > 1) {
		throw new FileError({ what: place, expected: `one of ${INTENSITY_NAMES.join(", ")}`, found: names.join(" and ") });
	}
	const given = names[0] && data[names[0]];
	return { user: String(data.user), reference: { prompt: data.prompt, intensity: given ?? 1 } };
}

function apart(id: string, { place }: JsonLine): FileError {
	return new FileError({
		what: place,
		expected: `all lines of user ${shown(id)} together`,
		found: "other users' lines in between",
		next: "Sort the file by user, and each user's lines by time",
	});
}
