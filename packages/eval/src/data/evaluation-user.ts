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

/** A user who cannot be evaluated, and why. */
export interface LeftOutUser {
	readonly id: string;
	/** Where the user stands: a file, and the line where there is one. */
	readonly place: string;
	/** What there should be and what there is. */
	readonly reason: string;
}

export interface LeaveOutOptions {
	/**
	 * Called with each user who cannot be evaluated and is skipped. Without it the first such user is refused with a FileError.
	 */
	readonly onLeftOut?: ((user: LeftOutUser) => void) | undefined;
}

const TARGETS = 2;

/**
 * Splits a user's entries, oldest first; undefined for a user who is left out: with fewer than three entries, or a history of which
 * nothing was liked.
 * @param place where the user stands, for the message
 * @throws FileError for such a user, without `onLeftOut`.
 */
export function splitNewest(
	id: string,
	entries: readonly Reference[],
	place: string,
	{ onLeftOut }: LeaveOutOptions,
): EvaluationUser | undefined {
	const history = entries.slice(0, -TARGETS);
	const fault = faultOf(entries.length, history);
	if (!fault) return { id, history, targets: entries.slice(-TARGETS).map(({ prompt }) => prompt) };
	leaveOut({ id, place }, fault, onLeftOut);
	return undefined;
}

interface Fault {
	readonly expected: string;
	readonly found: string;
}

function faultOf(entries: number, history: readonly Reference[]): Fault | undefined {
	if (history.length === 0)
		return { expected: `at least ${TARGETS + 1} entries: ${TARGETS} targets, and a history`, found: String(entries) };
	if (history.every(({ intensity }) => intensity === 0))
		return { expected: "a history with an intensity above 0", found: `${history.length} times 0` };
	return undefined;
}

/**
 * Passes a user over, and says so.
 * @throws FileError where nobody listens.
 */
export function leaveOut(
	user: Omit<LeftOutUser, "reason">,
	{ expected, found }: Fault,
	onLeftOut: LeaveOutOptions["onLeftOut"],
): void {
	if (!onLeftOut) throw new FileError({ what: user.place, expected, found, next: "Leave such users out" });
	onLeftOut({ ...user, reason: `expected ${expected}, found ${found}` });
}
