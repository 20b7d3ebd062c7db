import { float32, type Tensor } from "@drum/tensor";
import type { Session } from "../index.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** The sum of results, each times a tensor of its shape, in float64. */
function weighted(results: Tensors, by: Readonly<Record<string, Tensor<"float32">>>): number {
	let sum = 0;
	for (const [name, { data }] of Object.entries(by)) {
		for (const [i, weight] of data.entries()) sum += weight * Number(results[name]!.data[i]);
	}
	return sum;
}

/** Feeds with one input moved by `step` times `direction`. */
function moved(feeds: Tensors, name: string, direction: ArrayLike<number>, step: number): Tensors {
	const { data, dims } = feeds[name] as Tensor<"float32">;
	return {
		...feeds,
		[name]: float32(
			data.map((value, i) => value + step * direction[i]!),
			dims,
		),
	};
}

/** The central difference of `weighted` results along a direction of an input. */
export async function differenceAlong(
	session: Session,
	feeds: Tensors,
	name: string,
	by: Readonly<Record<string, Tensor<"float32">>>,
	direction: ArrayLike<number>,
	step: number,
): Promise<number> {
	const above = weighted(await session.run(moved(feeds, name, direction, step)), by);
	const below = weighted(await session.run(moved(feeds, name, direction, -step)), by);
	return (above - below) / (2 * step);
}

/** The same by each element of an input. */
export async function finiteDifferences(
	session: Session,
	feeds: Tensors,
	name: string,
	by: Readonly<Record<string, Tensor<"float32">>>,
	step: number,
): Promise<Float64Array> {
	const { length } = feeds[name]!.data;
	const found = new Float64Array(length);
	for (const i of found.keys()) {
		const direction = Array.from({ length }, (_, at) => Number(at === i));
		found[i] = await differenceAlong(session, feeds, name, by, direction, step);
	}
	return found;
}
