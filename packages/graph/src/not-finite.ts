import {
	BYTES,
	CheckpointError,
	type CheckpointTensor,
	type DataType,
	DeviceError,
	PlaceReader,
	sizeOf,
	storedParts,
} from "@drum/tensor";
import type { WeightSource } from "./weight-source.ts";

/** Bytes read at once. */
const STRETCH = 1 << 24;

export interface WeightsToCheck {
	readonly weights: WeightSource;
	/** The tensors that the model computes with. Default: all. */
	readonly used?: Iterable<string> | undefined;
	readonly signal?: AbortSignal | undefined;
}

/**
 * For a model that gave what is no number: reads its weights through once, and throws where one of them is the reason. Returns
 * where all are finite.
 * @throws CheckpointError naming the first weight that holds NaN or an infinity, and its place, or a file that was cut short;
 * FileError where its file cannot be read; the signal's reason.
 */
export async function refuseDamagedWeights({ weights, used, signal }: WeightsToCheck): Promise<void> {
	const reader = new PlaceReader();
	try {
		for (const tensor of used ?? weights.names()) {
			const place = weights.get(tensor);
			if (!place) continue;
			const at = await firstDamage(reader, tensor, place, signal);
			if (at !== undefined) throw damaged(weights.name, tensor, place, at);
		}
	} finally {
		await reader.close();
	}
}

/**
 * What a text encoder or an adapter gave, which must be finite.
 * @throws CheckpointError as `refuseDamagedWeights`; DeviceError where all weights are finite.
 */
export async function checkEncoded(
	{ name }: { readonly name: string },
	weights: WeightsToCheck,
	results: readonly Float32Array[],
): Promise<void> {
	const odd = results.map((result) => result.find((value) => !Number.isFinite(value)));
	const found = odd.find((value) => value !== undefined);
	if (found === undefined) return;
	await refuseDamagedWeights(weights);
	throw new DeviceError({
		what: `what ${name} gives`,
		expected: "finite numbers",
		found: String(found),
		next: 'Half precision may overflow: device: "cpu" computes in float32',
	});
}

/** Whether all elements are finite float32 numbers. */
type Finite = (bytes: ArrayBuffer) => number;

/** By type, the index of the first element that is no finite float32 number, or −1. */
const FINITE: Partial<Record<DataType, Finite>> = {
	float64: (bytes) => new Float64Array(bytes).findIndex((value) => !Number.isFinite(Math.fround(value))),
	float32: (bytes) => new Uint32Array(bytes).findIndex((bits) => (bits & 0x7f800000) === 0x7f800000),
	float16: (bytes) => new Uint16Array(bytes).findIndex((bits) => (bits & 0x7c00) === 0x7c00),
	float8_e4m3fn: (bytes) => new Uint8Array(bytes).findIndex((bits) => (bits & 0x7f) === 0x7f),
	float8_e5m2: (bytes) => new Uint8Array(bytes).findIndex((bits) => (bits & 0x7c) === 0x7c),
	bfloat16: (bytes) => new Uint16Array(bytes).findIndex((bits) => (bits & 0x7f80) === 0x7f80),
};

async function firstDamage(
	reader: PlaceReader,
	tensor: string,
	place: CheckpointTensor,
	signal: AbortSignal | undefined,
): Promise<number | undefined> {
	const finite = FINITE[place.type];
	if (!finite) return undefined;
	for (let start = 0; start < place.length; start += STRETCH) {
		signal?.throwIfAborted();
		const bytes = await reader.read(tensor, place, start, Math.min(STRETCH, place.length - start));
		const found = finite(bytes.buffer);
		if (found >= 0) return start / BYTES[place.type] + found;
	}
	return undefined;
}

function damaged(name: string, tensor: string, place: CheckpointTensor, at: number): CheckpointError {
	const { dims } = place;
	const indices = dims.map((extent, axis) => Math.floor(at / sizeOf(dims.slice(axis + 1))) % extent);
	return new CheckpointError({
		what: `weight ${tensor} of ${name}`,
		expected: "finite numbers",
		found: `NaN or an infinity at [${indices.join(", ")}] in ${storedParts(place)[0]!.file.name}`,
		next: "The file is damaged, or overflowed when it was made: fetch or convert it again",
	});
}
