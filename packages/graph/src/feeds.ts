import { DeviceError, sizeOf, type Tensor } from "@drum/tensor";
import { type Dim, showDims } from "./value.ts";

/** An input of a built graph: a feed of that name, type and shape. Extents of one name are equal in all feeds. */
export interface GraphInput {
	readonly name: string;
	readonly type: string;
	readonly dims: readonly Dim[];
}

interface Fed {
	readonly dims: readonly number[];
	/** Absent from a tensor that stays with the runtime. */
	readonly type?: string;
	readonly data?: ArrayLike<unknown>;
}

/**
 * Checks a run's feeds against the graph's inputs, so that a mistake is named before the runtime is asked.
 * @throws DeviceError naming the model and the input.
 */
export function checkFeeds(model: string, inputs: readonly GraphInput[], feeds: Readonly<Record<string, Fed>>): void {
	const extents = new Map<string, number>();
	for (const { name, type, dims } of inputs) {
		const what = `input ${name} of ${model}`;
		const expected = `${type} ${showDims(dims)}`;
		const feed = feeds[name];
		if (!feed) {
			const found = Object.keys(feeds).join(", ");
			throw new DeviceError({ what, expected, found: found ? `only ${found}` : "no feeds" });
		}
		if ((feed.type ?? type) !== type || !fits(feed.dims, dims, extents)) {
			const named = [...extents].map(([extent, size]) => `${extent} = ${size}`).join(", ");
			const found = `${feed.type ?? type} ${showDims(feed.dims)}`;
			throw new DeviceError({ what, expected: named ? `${expected} where ${named}` : expected, found });
		}
		if (feed.data && feed.data.length !== sizeOf(feed.dims)) {
			throw new DeviceError({ what, expected: `${sizeOf(feed.dims)} elements`, found: String(feed.data.length) });
		}
	}
	const unknown = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
	if (unknown !== undefined) {
		const expected = inputs.map(({ name }) => name).join(", ") || "none";
		throw new DeviceError({ what: `feeds of ${model}`, expected, found: unknown });
	}
}

function fits(found: readonly number[], dims: readonly Dim[], extents: Map<string, number>): boolean {
	return (
		found.length === dims.length &&
		dims.every((dim, axis) => {
			if (typeof dim === "number") return found[axis] === dim;
			if (!extents.has(dim)) extents.set(dim, found[axis]!);
			return found[axis] === extents.get(dim);
		})
	);
}

/** The tensor alone: posting a view to another thread would take all of the memory it looks at along. */
export function alone({ type, dims, data }: Tensor): Tensor {
	return { type, dims, data: data.byteLength === data.buffer.byteLength ? data : data.slice() } as Tensor;
}
