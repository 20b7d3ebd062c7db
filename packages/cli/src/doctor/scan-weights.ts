import {
	BYTES,
	CheckpointError,
	type CheckpointTensor,
	type DataType,
	type DrumError,
	type TensorSource,
	tensorOver,
	toFloat32,
} from "@drum/tensor";
import { PlaceReader } from "@drum/tensor/node";

/** What a part's weights hold, read through once. Tensors of whole numbers, which are counters, are passed over. */
export interface WeightsFound {
	tensors: number;
	/** Elements of each type. */
	types: Partial<Record<DataType, number>>;
	bytes: number;
	/** Of all finite elements. Undefined where there are none. */
	range?: { min: number; max: number; minIn: string; maxIn: string };
	/** Elements that are no finite numbers, by tensor. */
	notFinite: Record<string, number>;
	/** Tensors of which every element is 0. */
	zeros: string[];
}

/** Bytes read at once. */
const STRETCH = 1 << 24;
/** Tensors that are listed by name. */
const MOST_NAMES = 50;

/**
 * Reads all weights of a part through.
 * @throws CheckpointError for a file that was cut short, FileError for one that cannot be read; the signal's reason
 */
export async function scanWeights(
	source: TensorSource,
	signal: AbortSignal,
	onProgress: (done: number, total: number) => void,
): Promise<WeightsFound> {
	const places = Array.from(source.names(), (name) => [name, source.get(name)!] as const).filter(([, { type }]) =>
		/float/.test(type),
	);
	const bytes = places.reduce((sum, [, { length }]) => sum + length, 0);
	const found: WeightsFound = { tensors: places.length, types: {}, bytes, notFinite: {}, zeros: [] };
	const reader = new PlaceReader();
	let done = 0;
	try {
		for (const [name, place] of places) {
			const { type } = place;
			found.types[type] = (found.types[type] ?? 0) + place.length / BYTES[type];
			const one = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, notFinite: 0 };
			for (let start = 0; start < place.length; start += STRETCH) {
				signal.throwIfAborted();
				const length = Math.min(STRETCH, place.length - start);
				measure(await valuesAt(reader, name, place, start, length), one);
				done += length;
				onProgress(done, bytes);
			}
			addTo(found, name, one);
		}
		return found;
	} finally {
		await reader.close();
	}
}

interface Range {
	min: number;
	max: number;
	notFinite: number;
}

async function valuesAt(
	reader: PlaceReader,
	name: string,
	place: CheckpointTensor,
	start: number,
	length: number,
): Promise<ArrayLike<number>> {
	const { buffer } = await reader.read(name, place, start, length);
	const tensor = tensorOver(buffer, { type: place.type, dims: [length / BYTES[place.type]] });
	return toFloat32(tensor);
}

function measure(values: ArrayLike<number>, range: Range): void {
	let { min, max, notFinite } = range;
	for (let i = 0; i < values.length; i++) {
		const value = values[i]!;
		if (!Number.isFinite(value)) notFinite++;
		else {
			if (value < min) min = value;
			if (value > max) max = value;
		}
	}
	Object.assign(range, { min, max, notFinite });
}

function addTo(found: WeightsFound, name: string, { min, max, notFinite }: Range): void {
	if (notFinite > 0 && Object.keys(found.notFinite).length < MOST_NAMES) found.notFinite[name] = notFinite;
	if (min > max) return;
	if (min === 0 && max === 0 && notFinite === 0) found.zeros.push(name);
	const range = found.range ?? { min, max, minIn: name, maxIn: name };
	if (min < range.min) Object.assign(range, { min, minIn: name });
	if (max > range.max) Object.assign(range, { max, maxIn: name });
	found.range = range;
}

/** Why weights cannot be right, where they cannot. */
export function refuseWeights(name: string, { notFinite, range }: WeightsFound): DrumError | undefined {
	const [worst] = Object.entries(notFinite);
	if (worst) {
		return new CheckpointError({
			what: `weight ${worst[0]} of ${name}`,
			expected: "finite numbers",
			found: `${worst[1]} that are NaN or an infinity, in ${Object.keys(notFinite).length} tensors`,
			next: "The file is damaged, or overflowed when it was made: fetch or convert it again",
		});
	}
	if (range && (range.min !== 0 || range.max !== 0)) return undefined;
	return new CheckpointError({
		what: `weights of ${name}`,
		expected: "numbers",
		found: range ? "zeros alone" : "none",
		next: "The file is damaged, or was not downloaded to its end: fetch it again",
	});
}
