import { PCA } from "ml-pca";
import type { UnitRows } from "./unit-rows.ts";

export interface PrincipalMap {
	/** For each row x and y, scaled alike so that they lie in [−1, 1]. */
	readonly points: Float64Array;
	/** Shares of the variance that x and y show. */
	readonly variance: [number, number];
}

/** Less of the variance than this is rounding. */
const NOTHING = 1e-12;

/** The rows on their two principal components, each turned so that the row farthest along it is on the positive side. */
export function principalMap(rows: UnitRows): PrincipalMap {
	const { count } = rows;
	const centred = centre(rows);
	const points = new Float64Array(2 * count);
	const variance: [number, number] = [0, 0];
	const total = squares(centred.data);
	// Of one row, or of equal ones, there are no directions.
	if (total < NOTHING * count) return { points, variance };
	for (const [component, along] of components(centred).entries()) {
		const share = squares(along) / total;
		if (share < NOTHING) continue;
		variance[component] = share;
		const side = Math.sign(along.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most)));
		for (let row = 0; row < count; row++) points[2 * row + component] = along[row]! * side;
	}
	const extent = points.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
	return { points: points.map((value) => value / extent), variance };
}

/** Where each of the centred rows lies along the first two components: from what is smaller, products of rows or of columns. */
function components(rows: UnitRows): Float64Array[] {
	const { count, width, data } = rows;
	const ofRows = count <= width;
	const pca = new PCA(products(ofRows ? rows : transposed(rows)), { isCovarianceMatrix: true });
	const vectors = pca.getLoadings();
	return [0, 1].map((component) => {
		const vector = component < vectors.rows ? vectors.getRow(component) : [];
		const length = Math.sqrt(Math.max(0, pca.getEigenvalues()[component] ?? 0));
		return Float64Array.from({ length: count }, (_, row) => {
			if (ofRows) return (vector[row] ?? 0) * length;
			let sum = 0;
			for (let k = 0; k < width; k++) sum += data[row * width + k]! * (vector[k] ?? 0);
			return sum;
		});
	});
}

function centre({ count, width, data }: UnitRows): UnitRows {
	const mean = new Float64Array(width);
	for (let at = 0; at < data.length; at++) mean[at % width]! += data[at]! / count;
	return { count, width, data: data.map((value, at) => value - mean[at % width]!) };
}

/** Dot products of all rows with all. */
function products({ count, width, data }: UnitRows): number[][] {
	const dots = Array.from({ length: count }, () => new Array<number>(count).fill(0));
	for (let a = 0; a < count; a++) {
		for (let b = 0; b <= a; b++) {
			let sum = 0;
			for (let i = a * width, j = b * width, end = i + width; i < end; i++, j++) sum += data[i]! * data[j]!;
			dots[a]![b] = sum;
			dots[b]![a] = sum;
		}
	}
	return dots;
}

function transposed({ count, width, data }: UnitRows): UnitRows {
	const turned = new Float64Array(data.length);
	for (let at = 0; at < data.length; at++) turned[(at % width) * count + Math.floor(at / width)] = data[at]!;
	return { count: width, width: count, data: turned };
}

function squares(values: Float64Array): number {
	return values.reduce((sum, value) => sum + value * value, 0);
}
