/** Rows `[count, width]` of unit length. */
export interface UnitRows {
	readonly count: number;
	readonly width: number;
	readonly data: Float64Array;
}

export function unitRows(features: Float32Array, count: number): UnitRows {
	const width = features.length / count;
	const data = Float64Array.from(features);
	for (let row = 0; row < count; row++) {
		const part = data.subarray(row * width, (row + 1) * width);
		const norm = Math.sqrt(part.reduce((sum, value) => sum + value * value, 0));
		for (let k = 0; k < width; k++) part[k]! /= norm;
	}
	return { count, width, data };
}
