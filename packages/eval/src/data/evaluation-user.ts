import type { Reference } from "@drum/peca";
import { FileError } from "@drum/tensor";
import type { EvaluatedUser } from "../user-features.ts";

/** A user of a data set, split as the paper's protocol has it (5.2): the two newest entries are targets, the rest is history. */
export interface EvaluationUser extends EvaluatedUser {
	/** As the data set names the user. */
	readonly id: string;
	/** Oldest first; at least one. */
	readonly history: readonly Reference[];
	/** Two, oldest first. */
	readonly targets: readonly string[];
}

const TARGETS = 2;

/**
 * Splits a user's entries, oldest first.
 * @param place where the user stands, for the message
 * @throws FileError for fewer than three entries.
 */
export function splitNewest(id: string, entries: readonly Reference[], place: string): EvaluationUser {
	if (entries.length <= TARGETS) {
		const expected = `at least ${TARGETS + 1} entries: ${TARGETS} targets, and a history`;
		throw new FileError({ what: place, expected, found: String(entries.length), next: "Leave such users out" });
	}
	const history = entries.slice(0, -TARGETS);
	return { id, history, targets: entries.slice(-TARGETS).map(({ prompt }) => prompt) };
}
