import type { Reference } from "@drum/peca";
import { FileError } from "@drum/tensor";
import { z } from "zod";
import { type EvaluationUser, splitNewest } from "./evaluation-user.ts";
import { type JsonLine, jsonLines } from "./json-lines.ts";

const ENTRY = z.looseObject({
	user: z.union([z.string().min(1), z.number()]),
	prompt: z.string().refine((prompt) => prompt.trim() !== "", "an empty prompt"),
	intensity: z.number().min(0).nullish(),
});

/**
 * Users from a JSONL file of `{ user, prompt, intensity? }`, oldest first; other fields are passed over, intensities are 1 where
 * there are none. A user's lines must stand together: so one user is held at a time, however large the file is.
 * @throws FileError where the file cannot be read, naming the line that is malformed, for a user whose lines stand apart, or who
 * has fewer than three.
 */
export async function* readHistories(path: string): AsyncGenerator<EvaluationUser> {
	const seen = new Set<string>();
	let entries: Reference[] = [];
	let id: string | undefined;
	let first = "";
	for await (const line of jsonLines(path)) {
		const { user, prompt, intensity } = entryOf(line);
		if (String(user) !== id) {
			if (id !== undefined) yield splitNewest(id, entries, `user ${id} (${first})`);
			[id, first, entries] = [String(user), line.place, []];
			if (seen.has(id)) throw apart(id, line);
			seen.add(id);
		}
		entries.push({ prompt, intensity: intensity ?? 1 });
	}
	if (id !== undefined) yield splitNewest(id, entries, `user ${id} (${first})`);
}

function entryOf({ value, place }: JsonLine): z.infer<typeof ENTRY> {
	const { data, error } = ENTRY.safeParse(value);
	if (data) return data;
	const { path, message } = error.issues[0]!;
	const expected = '{"user": "…", "prompt": "…", "intensity": 1}';
	throw new FileError({ what: place, expected, found: `${path.join(".")}: ${message}`, cause: error });
}

function apart(id: string, { place }: JsonLine): FileError {
	return new FileError({
		what: place,
		expected: `all lines of user ${id} together`,
		found: "other users' lines in between",
		next: "Sort the file by user, and each user's lines by time",
	});
}
