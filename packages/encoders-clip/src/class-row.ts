/** The position of the largest id in a legacy configuration (`eos_token_id` 2), otherwise of the first end of text. */
export function classRow(ids: BigInt64Array, end: number): number {
	if (end !== 2) return Math.max(0, ids.indexOf(BigInt(end)));
	return ids.reduce((best, id, i) => (id > ids[best]! ? i : best), 0);
}
