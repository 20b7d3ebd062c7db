/** x of A·x = b, for a small A of rows, by elimination with row pivots. */
export function solveLinear(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
	const a = rows.map((row, i) => [...row, right[i]!]);
	const size = a.length;
	for (let column = 0; column < size; column++) {
		const below = a.slice(column).map((row) => Math.abs(row[column]!));
		const pivot = column + below.indexOf(Math.max(...below));
		[a[column], a[pivot]] = [a[pivot]!, a[column]!];
		for (let row = column + 1; row < size; row++) {
			const factor = a[row]![column]! / a[column]![column]!;
			for (let k = column; k <= size; k++) a[row]![k]! -= factor * a[column]![k]!;
		}
	}
	const x = new Array<number>(size).fill(0);
	for (let row = size - 1; row >= 0; row--) {
		const known = x.reduce((sum, value, k) => (k > row ? sum + a[row]![k]! * value : sum), 0);
		x[row] = (a[row]![size]! - known) / a[row]![row]!;
	}
	return x;
}
