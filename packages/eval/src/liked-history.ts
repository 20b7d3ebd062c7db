import { checkHistory, type HistoryItem, type Reference } from "@drum/peca";
import { ArgumentError } from "@drum/tensor";

/**
 * A checked history for what knows likes alone: the paper's scores and baselines.
 * @throws ArgumentError as `checkHistory`, and naming a row that is disliked.
 */
export function checkLiked(history: readonly HistoryItem[]): Reference[] {
	const rows = checkHistory(history);
	const row = rows.findIndex(({ intensity }) => intensity < 0);
	if (row < 0) return rows;
	throw new ArgumentError({
		what: `intensity of history row ${row}`,
		expected: "a number from 0: the paper has no dislikes, and neither have its scores and baselines",
		found: String(rows[row]!.intensity),
		next: "Leave disliked rows out",
	});
}
